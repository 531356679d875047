// Every other one of thousands of the same size is freed, so that the first one has long left the
// thread's cache while its slab stays in use, and then the first one again; caught at the latest when
// the program ends.
// shows: misuse: block freed twice, long after
// expect: double free
#include "check.h"

int main(void)
{
    enum { COUNT = 20000 };
    static char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(48);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[0]);
    for (int i = 0; i < COUNT; i += 2)
        free(blocks[i]);
    free(opaque(blocks[0]));
    return 0;
}
