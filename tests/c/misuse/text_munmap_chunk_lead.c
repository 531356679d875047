// The word that says how far in front of a mapped block its mapping begins was overwritten, then the block is
// freed.
// expect: munmap_chunk(): invalid pointer
// shows: corruption: munmap_chunk(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    announce(block);
    *(size_t *)opaque(block - 16) = 0x20;
    free(block);
    return 0;
}
