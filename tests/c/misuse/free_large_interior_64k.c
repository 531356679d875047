// free of a pointer 64 KiB into a block of 100 KiB; caught at once.
// shows: misuse: pointer into a block
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(100 * KIB);
    CHECK(block != NULL);
    memset(block, 0, 100 * KIB);
    announce((block + 64 * KIB));
    free(opaque((block + 64 * KIB)));
    _exit(0);
}
