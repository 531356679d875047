// The header in front of a mapped block is overwritten, then the block is freed; caught at once.
// expect: corrupted|corruption|invalid|double free
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
