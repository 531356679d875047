// The size behind a block was overwritten with one that no chunk has, then the block is resized (grow).
// expect: realloc(): invalid next size
// shows: corruption: realloc(): invalid next size
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(50000, &block, &behind);
    announce(block);
    *(size_t *)opaque(block + malloc_usable_size(block)) = 1;
    CHECK(realloc(opaque(block), 90000) == NULL);
    return 0;
}
