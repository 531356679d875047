// free of a pointer into a medium block that is not aligned to 16; caught at once.
// shows: misuse: pointer into a block
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(9000);
    CHECK(block != NULL);
    memset(block, 0, 9000);
    announce((block + 4));
    free(opaque((block + 4)));
    _exit(0);
}
