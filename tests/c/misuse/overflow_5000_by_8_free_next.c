// A block of 5000 bytes is written 8 bytes past its usable size, then its right neighbour is freed.
// shows: misuse: overrun
// expect: corrupted|corruption|invalid|double free
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(5000, &block, &behind);
    size_t usable = malloc_usable_size(block);
    announce(block);
    announce(behind);
    memset(opaque(block + usable), 'A', 8);
    free(behind);
    return 0;
}
