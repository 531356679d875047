// The last bytes of a freed block of 40,000 bytes are overwritten, where its size is kept for the chunk
// behind it; then the block behind is freed and the two are merged.
// shows: corruption: corrupted size vs. prev_size while consolidating
// expect: corrupted size vs. prev_size while consolidating
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(40000, &block, &behind);
    char *wall = malloc(40000);
    CHECK(wall != NULL);
    announce(block);
    announce(behind);
    char *end = block + malloc_usable_size(block);
    free(block);
    size_t other_size = 64;
    memcpy(opaque(end - 8), &other_size, 8);
    free(behind);
    return 0;
}
