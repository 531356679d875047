// The header in front of a mapped block is overwritten, then the block is freed; caught at once.
// shows: misuse: underrun
// shows: corruption: munmap_chunk(): invalid pointer
// expect: munmap_chunk(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    announce(block);
    memset(opaque(block - 16), 'C', 16);
    free(block);
    _exit(0);
}
