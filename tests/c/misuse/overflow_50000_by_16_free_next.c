// A block of 50000 bytes is written 16 bytes past its usable size, then its right neighbour is freed.
// shows: misuse: overrun
// expect: corrupted|corruption|invalid|double free
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(50000, &block, &behind);
    size_t usable = malloc_usable_size(block);
    announce(block);
    announce(behind);
    memset(opaque(block + usable), 'A', 16);
    free(behind);
    return 0;
}
