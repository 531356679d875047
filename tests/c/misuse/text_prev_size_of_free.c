// The last word of a freed block, where its size is noted for the chunk behind, was overwritten; then malloc
// takes the block.
// expect: malloc(): mismatching next->prev_size (unsorted)
// shows: corruption: malloc(): mismatching next->prev_size (unsorted)
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    announce(blocks[1]);
    size_t usable = malloc_usable_size(blocks[1]);
    free(blocks[1]);
    *(size_t *)opaque(blocks[1] + usable - 8) = 0x1000;
    CHECK(malloc(UNCACHED) != NULL);
    return 0;
}
