// A block freed again when it is already back in its slab, which stays in use, is found at the latest
// when blocks of its size are allocated and freed on, before the program ends.
// shows: misuse: block freed twice, long after
// expect: double free
#include "check.h"

int main(void)
{
    enum { COUNT = 5000 };
    static char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(64);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[0]);
    for (int i = 0; i < COUNT; i += 2)
        free(blocks[i]);
    free(opaque(blocks[0]));
    for (int i = 0; i < COUNT; i += 2) {
        blocks[i] = malloc(64);
        CHECK(blocks[i] != NULL);
    }
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    _exit(0);
}
