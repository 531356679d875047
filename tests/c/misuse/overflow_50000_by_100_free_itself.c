// A block of 50000 bytes is written 100 bytes past its usable size, then freed.
// shows: misuse: overrun
// shows: corruption: free(): invalid next size (normal)
// expect: free(): invalid next size (normal)
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(50000, &block, &behind);
    size_t usable = malloc_usable_size(block);
    announce(block);
    announce(behind);
    memset(opaque(block + usable), 'A', 100);
    free(block);
    return 0;
}
