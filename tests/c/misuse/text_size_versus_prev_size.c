// The last word of a freed block, where its size is noted for the chunk behind, was overwritten; then the
// block in front of it is freed and the two are merged.
// expect: corrupted size vs. prev_size
// shows: corruption: corrupted size vs. prev_size
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    for (int i = 0; i < 3; i++) {
        announce(blocks[i]);
        CHECK(blocks[i + 1] > blocks[i]);
    }
    size_t usable = malloc_usable_size(blocks[1]);
    free(blocks[1]);
    *(size_t *)opaque(blocks[1] + usable - 8) = 0x1000;
    free(blocks[0]);
    return 0;
}
