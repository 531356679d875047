// All blocks of a size are freed, so that their slabs went back to the heap, and then the first one
// again.
// shows: misuse: block freed twice, slab given up
// expect: double free|invalid pointer
// glibc: no
#include "check.h"

int main(void)
{
    enum { COUNT = 40000 };
    static char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(128);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[COUNT / 2]);
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    free(opaque(blocks[COUNT / 2]));
    return 0;
}
