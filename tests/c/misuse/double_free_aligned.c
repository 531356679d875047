// A block from aligned_alloc freed twice in a row; caught at once.
// expect: double free
#include "check.h"

int main(void)
{
    char *block = aligned_alloc(256, 256);
    CHECK(block != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    _exit(0);
}
