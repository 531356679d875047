// realloc of a pointer into the middle of a small block; caught at once.
// shows: misuse: pointer into a block
// shows: corruption: realloc(): invalid pointer
// expect: realloc(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(400);
    CHECK(block != NULL);
    memset(block, 0, 400);
    announce(block + 32);
    void *resized = realloc(opaque(block + 32), 800);
    (void)resized;
    _exit(0);
}
