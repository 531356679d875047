// realloc of a pointer that is not aligned to 16.
// expect: realloc(): invalid pointer
// shows: corruption: realloc(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(100);
    CHECK(block != NULL);
    memset(block, 0, 100);
    announce(block + 8);
    CHECK(realloc(opaque(block + 8), 200) == NULL);
    return 0;
}
