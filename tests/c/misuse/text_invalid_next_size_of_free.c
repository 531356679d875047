// The size of the chunk behind a freed one was overwritten with one that no chunk has; then malloc takes the
// freed chunk.
// expect: malloc(): invalid next size (unsorted)
// shows: corruption: malloc(): invalid next size (unsorted)
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    announce(blocks[1]);
    free(blocks[1]);
    *(size_t *)opaque(blocks[2] - 8) = 0;
    CHECK(malloc(UNCACHED) != NULL);
    return 0;
}
