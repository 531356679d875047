// free of a mapped block's address plus 16; caught at once.
// shows: misuse: pointer into a block
// expect: invalid pointer|invalid size|double free or corruption (out)
#include "check.h"

int main(void)
{
    char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    memset(block, 0, 8192);
    announce((block + 16));
    free(opaque((block + 16)));
    _exit(0);
}
