// malloc(0) returns a unique pointer each time, which can be freed and resized.
// shows: functions: malloc, size 0 gives a block of its own
#include "check.h"

static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    enum { COUNT = 5000 };
    static void *blocks[COUNT];
    static void *sorted[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = i % 3 == 0 ? calloc(0, 8) : i % 3 == 1 ? realloc(NULL, 0) : malloc(0);
        CHECK(blocks[i] != NULL);
        CHECK(is_aligned(blocks[i], 16));
        sorted[i] = blocks[i];
    }
    qsort(sorted, COUNT, sizeof *sorted, by_address);
    for (int i = 1; i < COUNT; i++)
        CHECK((char *)sorted[i] - (char *)sorted[i - 1] >= 16);
    for (int i = 0; i < COUNT; i++) {
        // All usable bytes belong to the block alone.
        size_t usable = malloc_usable_size(blocks[i]);
        fill(blocks[i], usable, (unsigned)i);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK(holds(blocks[i], malloc_usable_size(blocks[i]), (unsigned)i));
    for (int i = 0; i < COUNT; i++) {
        if (i % 2) {
            blocks[i] = realloc(blocks[i], 100);
            CHECK(blocks[i] != NULL);
        }
        free(blocks[i]);
    }
    return 0;
}
