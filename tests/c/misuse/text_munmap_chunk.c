// The size in front of a block with a mapping of its own was overwritten with one that is no whole number of
// pages, then the block is freed.
// expect: munmap_chunk(): invalid pointer
// shows: corruption: munmap_chunk(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    announce(block);
    *(size_t *)opaque(block - 8) += 16;
    free(block);
    return 0;
}
