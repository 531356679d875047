// realloc of a freed small block; caught at the latest when the program ends.
// shows: misuse: realloc of a freed block
// expect: double free|realloc(): invalid pointer|realloc(): invalid old size
// glibc: no
#include "check.h"

int main(void)
{
    char *block = malloc(100);
    CHECK(block != NULL);
    announce(block);
    free(block);
    void *resized = realloc(opaque(block), 5000);
    (void)resized;
    return 0;
}
