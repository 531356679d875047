// A block was written over its end into the size of the freed chunk behind it; then malloc takes that chunk.
// expect: malloc(): invalid size (unsorted)
// shows: corruption: malloc(): invalid size (unsorted)
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    announce(blocks[1]);
    free(blocks[1]);
    *(size_t *)opaque(blocks[1] - 8) = 1;
    CHECK(malloc(UNCACHED) != NULL);
    return 0;
}
