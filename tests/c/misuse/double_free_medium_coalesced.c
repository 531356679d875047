// A medium block of 5 KiB is freed again after its neighbours have been freed, too, and merged with it.
// shows: misuse: block freed twice, medium coalesced
// expect: double free|invalid pointer|invalid size|corrupted size
#include "check.h"

int main(void)
{
    char *blocks[40];
    for (int i = 0; i < 40; i++) {
        blocks[i] = malloc(5 * KIB);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[20]);
    free(blocks[20]);
    free(blocks[19]);
    free(blocks[21]);
    free(blocks[22]);
    free(opaque(blocks[20]));
    return 0;
}
