// free of a variable on the stack; caught at once.
// shows: misuse: pointer to memory of the program
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    char array[64] __attribute__((aligned(16)));
    memset(array, 0, sizeof array);
    announce((array + 16));
    free(opaque((array + 16)));
    _exit(0);
}
