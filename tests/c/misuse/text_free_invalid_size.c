// The size in front of a block of the heap was overwritten with one that no chunk has, then the block is
// freed.
// expect: free(): invalid size
// shows: corruption: free(): invalid size
#include "check.h"

int main(void)
{
    char *block = malloc(UNCACHED), *behind = malloc(UNCACHED);
    CHECK(block != NULL && behind != NULL);
    announce(block);
    *(size_t *)opaque(block - 8) = 0x11;
    free(block);
    return 0;
}
