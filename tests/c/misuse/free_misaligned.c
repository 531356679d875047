// free of a pointer that is not aligned to 16; caught at once.
// shows: misuse: pointer into a block
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(100);
    CHECK(block != NULL);
    memset(block, 0, 100);
    announce((block + 1));
    free(opaque((block + 1)));
    _exit(0);
}
