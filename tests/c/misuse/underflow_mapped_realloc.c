// The header in front of a mapped block is overwritten, then the block is resized; caught at once.
// shows: misuse: underrun
// shows: corruption: mremap_chunk(): invalid pointer
// expect: mremap_chunk(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    announce(block);
    memset(opaque(block - 16), 'C', 16);
    opaque(realloc(block, 8 * MIB));
    _exit(0);
}
