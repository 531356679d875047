// A block of 80,000 bytes is written 16 bytes past its usable size; both neighbours are freed and
// such blocks allocated on.
// shows: misuse: overrun
// expect: corrupted|corruption|invalid|double free
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(UNCACHED, &block, &behind);
    announce(block);
    announce(behind);
    memset(opaque(block + malloc_usable_size(block)), 'B', 16);
    free(behind);
    free(block);
    for (int i = 0; i < 50; i++)
        CHECK(malloc(UNCACHED + (size_t)i * 16) != NULL);
    return 0;
}
