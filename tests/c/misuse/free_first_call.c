// free of a global variable as the first call into the allocator; caught at once.
// shows: misuse: pointer to memory of the program
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    static char array[64] __attribute__((aligned(16)));
    announce((array + 16));
    free(opaque((array + 16)));
    _exit(0);
}
