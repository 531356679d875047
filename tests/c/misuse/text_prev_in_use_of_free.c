// The chunk behind a freed one says that the one before it is in use; then malloc takes the freed chunk.
// expect: malloc(): invalid next->prev_inuse (unsorted)
// shows: corruption: malloc(): invalid next->prev_inuse (unsorted)
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    announce(blocks[1]);
    free(blocks[1]);
    *(size_t *)opaque(blocks[2] - 8) |= 1;
    CHECK(malloc(UNCACHED) != NULL);
    return 0;
}
