// The size in front of a block with a mapping of its own was overwritten with one that is no whole number of
// pages, then the block is resized.
// expect: mremap_chunk(): invalid pointer
// shows: corruption: mremap_chunk(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    announce(block);
    *(size_t *)opaque(block - 8) += 16;
    CHECK(realloc(opaque(block), 8 * MIB) == NULL);
    return 0;
}
