// free of a medium block's address plus 16; caught at once.
// shows: misuse: pointer into a block
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *block = malloc(5000);
    CHECK(block != NULL);
    memset(block, 0, 5000);
    announce((block + 16));
    free(opaque((block + 16)));
    _exit(0);
}
