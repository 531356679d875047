// With a low mmap threshold, and the first region full, several mapped blocks start in one 64 KiB unit; one of them is freed twice.
// shows: misuse: mapped block freed twice
// glibc: no
// expect: invalid pointer|double free
#include "check.h"
#include <malloc.h>

int main(void)
{
    mallopt(M_MMAP_THRESHOLD, 0);
    char *blocks[400];
    for (int i = 0; i < 400; i++) {
        blocks[i] = malloc(1500);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[350]);
    free(blocks[350]);
    free(opaque(blocks[350]));
    _exit(0);
}
