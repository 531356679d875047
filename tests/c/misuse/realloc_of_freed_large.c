// realloc of a freed block of 100 KiB that has merged with its neighbours; caught at once.
// shows: misuse: realloc of a freed block
// expect: double free|realloc(): invalid pointer|realloc(): invalid old size|realloc(): invalid next size|corrupted size
// glibc: no
#include "check.h"

int main(void)
{
    char *blocks[5];
    for (int i = 0; i < 5; i++) {
        blocks[i] = malloc(100 * KIB);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[2]);
    free(blocks[1]);
    free(blocks[2]);
    free(blocks[3]);
    void *resized = realloc(opaque(blocks[2]), 60 * KIB);
    (void)resized;
    _exit(0);
}
