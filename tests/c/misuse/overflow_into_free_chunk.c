// A block of 80,000 bytes is written past its usable size into the free chunk behind it, whose tag is
// met when the block itself is freed and the two are merged.
// shows: misuse: overrun into a free chunk
// expect: corrupted|corruption|invalid|double free
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(UNCACHED, &block, &behind);
    char *wall = malloc(UNCACHED);
    CHECK(wall != NULL);
    announce(block);
    announce(behind);
    free(behind);
    memset(opaque(block + malloc_usable_size(block)), 'D', 32);
    free(block);
    return 0;
}
