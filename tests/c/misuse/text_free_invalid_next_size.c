// The size behind a block was overwritten with one that no chunk has, then the block is freed.
// expect: free(): invalid next size (normal)
// shows: corruption: free(): invalid next size (normal)
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(UNCACHED, &block, &behind);
    announce(block);
    *(size_t *)opaque(block + malloc_usable_size(block)) = 1;
    free(block);
    return 0;
}
