// The last word of a freed block, where its size is noted for the chunk behind, was overwritten; then the
// block behind it is freed and the two are merged.
// expect: corrupted size vs. prev_size while consolidating
// shows: corruption: corrupted size vs. prev_size while consolidating
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    announce(blocks[2]);
    size_t usable = malloc_usable_size(blocks[1]);
    free(blocks[1]);
    *(size_t *)opaque(blocks[1] + usable - 8) = 0x1000;
    free(blocks[2]);
    return 0;
}
