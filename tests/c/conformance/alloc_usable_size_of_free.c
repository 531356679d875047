// malloc_usable_size of a chunk that was freed, and is not merged with others or in a thread's cache, is 0.
// shows: functions: malloc_usable_size of a free chunk is 0
#include "check.h"

int main(void)
{
    char *blocks[5];
    for (int i = 0; i < 5; i++) {
        blocks[i] = malloc(100 * KIB);
        CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= 100 * KIB);
    }
    free(blocks[1]);
    free(blocks[3]);
    CHECK(malloc_usable_size(opaque(blocks[1])) == 0);
    CHECK(malloc_usable_size(opaque(blocks[3])) == 0);
    CHECK(malloc_usable_size(blocks[2]) >= 100 * KIB);
    CHECK(malloc_usable_size(NULL) == 0);
    return 0;
}
