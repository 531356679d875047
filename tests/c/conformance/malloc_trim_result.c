// malloc_trim returns 1 if memory went back to the system and else 0: 0 with nothing to give, 1 where the
// end of the heap is free, 1 where only free pages between used blocks are.
// shows: malloc_trim: returns 1 if memory was released, else 0
// shows: malloc_trim: free pages between used blocks
#include "check.h"

enum { COUNT = 101, SIZE = UNCACHED };

static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    keep_all_in_heap();
    char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, SIZE);
    }
    malloc_trim(0);
    // All blocks are in use now, and the end has been given back.
    CHECK(malloc_trim(0) == 0);
    CHECK(malloc_trim(opaque_size(SIZE_MAX)) == 0);
    CHECK(malloc_trim(4096) == 0);

    // Holes between used blocks.
    for (int i = 1; i < COUNT; i += 2) {
        CHECK(resident_pages(blocks[i], SIZE) > 0);
        free(blocks[i]);
    }
    void *end = sbrk(0);
    struct mallinfo2 before = mallinfo2();
    CHECK(malloc_trim(0) == 1);
    for (int i = 1; i < COUNT; i += 2)
        CHECK_AT(resident_pages(blocks[i] + 4096, SIZE - 4096) == 0, i);
    for (int i = 0; i < COUNT; i += 2)
        for (int j = 0; j < SIZE; j += 100)
            CHECK(blocks[i][j] == 1);
    // The break stays, and free memory whose pages are gone still counts as free.
    CHECK(sbrk(0) == end);
    struct mallinfo2 after = mallinfo2();
    CHECK(after.arena == before.arena && after.fordblks == before.fordblks);
    CHECK(after.ordblks == before.ordblks && after.uordblks == before.uordblks);

    // It can be allocated again, calloc's zeros included.
    for (int i = 1; i < COUNT; i += 2) {
        blocks[i] = i % 4 == 1 ? calloc(1, SIZE) : malloc(SIZE);
        CHECK(blocks[i] != NULL);
        if (i % 4 == 1)
            CHECK(is_zero(blocks[i], SIZE));
        memset(blocks[i], 2, SIZE);
    }
    CHECK(mallinfo2().arena == before.arena);

    // The end of the heap.
    qsort(blocks, COUNT, sizeof *blocks, by_address);
    for (int i = COUNT / 2; i < COUNT; i++)
        free(blocks[i]);
    end = sbrk(0);
    CHECK(malloc_trim(0) == 1);
    CHECK((char *)end - (char *)sbrk(0) >= COUNT / 2 * SIZE - 300 * 1024);
    return 0;
}
