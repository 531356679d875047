// A block of 50,000 bytes is written 16 bytes past its usable size, then resized.
// shows: misuse: overrun
// shows: corruption: realloc(): invalid next size
// expect: realloc(): invalid next size
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(50000, &block, &behind);
    size_t usable = malloc_usable_size(block);
    announce(block);
    announce(behind);
    memset(opaque(block + usable), 'A', 16);
    void *resized = realloc(block, 90000);
    (void)resized;
    return 0;
}
