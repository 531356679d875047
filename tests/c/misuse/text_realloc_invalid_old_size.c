// The size in front of a block of the heap was overwritten with one that no chunk has, then the block is
// resized.
// expect: realloc(): invalid old size
// shows: corruption: realloc(): invalid old size
#include "check.h"

int main(void)
{
    char *block = malloc(50000), *behind = malloc(50000);
    CHECK(block != NULL && behind != NULL);
    announce(block);
    *(size_t *)opaque(block - 8) = 0x10;
    CHECK(realloc(opaque(block), 60000) == NULL);
    return 0;
}
