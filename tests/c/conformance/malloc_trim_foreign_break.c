// If the program has moved the break itself, malloc_trim leaves the break alone and the program's memory as
// it is; the pages of free memory below go nevertheless.
// shows: malloc_trim: a break that the program has moved
#include "check.h"

enum { COUNT = 60, SIZE = 100000 };

int main(void)
{
    keep_all_in_heap();
    char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL && is_below_break(blocks[i]));
        memset(blocks[i], 1, SIZE);
    }
    char *own = sbrk(8192);
    CHECK(own != (void *)-1);
    fill(own, 8192, 9);
    for (int i = COUNT - 1; i > 0; i--)
        free(blocks[i]);
    void *end = sbrk(0);
    malloc_trim(0);
    CHECK(sbrk(0) == end);
    CHECK(holds(own, 8192, 9));
    for (int i = 0; i < SIZE; i++)
        CHECK(blocks[0][i] == 1);
    free(blocks[0]);
    malloc_trim(0);
    CHECK(sbrk(0) == end && holds(own, 8192, 9));
    for (int i = 0; i < COUNT; i++)
        CHECK(malloc(SIZE) != NULL);
    CHECK(holds(own, 8192, 9));
    return 0;
}
