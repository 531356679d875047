// free of a small block's address plus 8; caught at once.
// shows: misuse: pointer into a block
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(160);
    CHECK(block != NULL);
    memset(block, 0, 160);
    announce((block + 8));
    free(opaque((block + 8)));
    _exit(0);
}
