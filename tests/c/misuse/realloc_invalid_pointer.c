// realloc of a pointer into the middle of a small block; caught at once.
// expect: invalid pointer|invalid old size
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
