// The word that says how far in front of a mapped block its mapping begins was overwritten, then the block is
// resized.
// expect: mremap_chunk(): invalid pointer
// shows: corruption: mremap_chunk(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    announce(block);
    *(size_t *)opaque(block - 16) = 0x20;
    CHECK(realloc(opaque(block), 8 * MIB) == NULL);
    return 0;
}
