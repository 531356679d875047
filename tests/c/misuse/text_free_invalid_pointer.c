// free of a pointer that is not aligned to 16.
// expect: free(): invalid pointer
// shows: corruption: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(100);
    CHECK(block != NULL);
    memset(block, 0, 100);
    announce(block + 8);
    free(opaque(block + 8));
    return 0;
}
