// A block of 100 KiB (above all cached sizes) is freed again after both neighbours; caught at once.
// shows: misuse: block freed twice, large
// shows: corruption: double free or corruption (!prev)
// expect: double free or corruption (!prev)
#include "check.h"

int main(void)
{
    char *blocks[8];
    for (int i = 0; i < 8; i++) {
        blocks[i] = malloc(100 * KIB);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[4]);
    free(blocks[3]);
    free(blocks[4]);
    free(blocks[5]);
    free(opaque(blocks[4]));
    _exit(0);
}
