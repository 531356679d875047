// The program takes some of the break back while only untouched memory of the allocator lies there:
// no crash, no block changed, and allocation goes on. (glibc stops with an error.)
// shows: extensions: break lowered by the program
// glibc: no
#include "check.h"

enum { COUNT = 600 };
static char *blocks[COUNT];
static size_t sizes[COUNT];
static unsigned count;

static void allocate(size_t size)
{
    CHECK(count < COUNT);
    sizes[count] = size;
    blocks[count] = malloc(size);
    CHECK_AT(blocks[count] != NULL, size);
    fill(blocks[count], size, count);
    count++;
}

static void check_all(void)
{
    for (unsigned i = 0; i < count; i++)
        CHECK_AT(holds(blocks[i], sizes[i], i), i);
}

// The end of the highest block below the break: what lies above has never been handed out.
static char *highest_end(void)
{
    char *highest = NULL;
    for (unsigned i = 0; i < count; i++) {
        char *block_end = blocks[i] + malloc_usable_size(blocks[i]);
        if (is_below_break(blocks[i]) && block_end > highest)
            highest = block_end;
    }
    CHECK(highest != NULL);
    return highest;
}

int main(void)
{
    int lowered = 0;
    for (int round = 0; round < 8; round++) {
        // The program's own pieces in between.
        char *own = sbrk(64 * 1024);
        CHECK(own != (void *)-1);
        memset(own, 0x77, 64 * 1024);
        for (int i = 0; i < 3; i++)
            allocate(70 * KIB);
        size_t gap = (size_t)((char *)sbrk(0) - highest_end());
        // A few pages above the last block stay: the allocator may have looked ahead.
        size_t down = gap > 64 * KIB ? (gap / 2) & ~(size_t)4095 : 0;
        if (own > highest_end())
            down = 0;
        if (down > 0) {
            CHECK(sbrk(-(intptr_t)down) != (void *)-1);
            lowered++;
        }
        for (int i = 0; i < 20; i++)
            allocate(i % 3 == 0 ? 90 * KIB : i % 3 == 1 ? 5000 : 500);
        check_all();
        for (int i = 0; i < 64 * 1024; i++)
            CHECK(own[i] == 0x77);
        for (int i = 0; i < 10; i++) {
            count--;
            free(blocks[count]);
        }
    }
    CHECK(lowered > 0);
    check_all();
    while (count > 0)
        free(blocks[--count]);
    for (int i = 0; i < 200; i++)
        allocate(40 * KIB);
    check_all();
    while (count > 0)
        free(blocks[--count]);
    return 0;
}
