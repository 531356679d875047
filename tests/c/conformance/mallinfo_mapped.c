// hblks and hblkhd count the blocks with a mapping of their own and the bytes of those mappings, exactly:
// as they are allocated, resized and freed, also when another thread frees them; mallinfo agrees; arena
// and uordblks don't move.
// shows: mallinfo2: hblks
// shows: mallinfo2: hblkhd
// shows: mallinfo2: uordblks excludes mapped blocks
#include "check.h"
#include <pthread.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static struct mallinfo2 start;

static void check(size_t blocks, size_t bytes)
{
    struct mallinfo2 now = mallinfo2();
    CHECK_AT(now.hblks - start.hblks == blocks, now.hblks - start.hblks);
    CHECK_AT(now.hblkhd - start.hblkhd == bytes, now.hblkhd - start.hblkhd);
    CHECK_AT(now.arena == start.arena, now.arena);
    CHECK_AT(now.uordblks == start.uordblks, now.uordblks);
    CHECK_AT(now.fordblks == start.fordblks && now.ordblks == start.ordblks, now.fordblks);
    struct mallinfo old = mallinfo();
    CHECK((size_t)old.hblks == now.hblks && (size_t)old.hblkhd == now.hblkhd);
}

static size_t mapping_of(size_t size) { return round_up(size + 24, (size_t)getpagesize()); }

static void *free_it(void *block)
{
    free(block);
    return NULL;
}

int main(void)
{
    CHECK(mallopt(M_MMAP_THRESHOLD, 128 * 1024) == 1);
    // What thread creation allocates for itself is there before the first look.
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_it, malloc(10)) == 0 && pthread_join(thread, NULL) == 0);
    free(malloc(10));
    start = mallinfo2();
    CHECK(start.hblks == 0 && start.hblkhd == 0);

    enum { COUNT = 20 };
    char *blocks[COUNT];
    size_t bytes = 0;
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = 300 * KIB + i * 1111;
        blocks[i] = i % 2 ? malloc(size) : calloc(1, size);
        CHECK(blocks[i] != NULL);
        bytes += mapping_of(size);
        check(i + 1, bytes);
    }
    // realloc changes the size of one mapping.
    bytes += mapping_of(2 * MIB) - mapping_of(300 * KIB);
    blocks[0] = realloc(blocks[0], 2 * MIB);
    CHECK(blocks[0] != NULL);
    check(COUNT, bytes);
    bytes -= mapping_of(2 * MIB) - mapping_of(400 * KIB);
    blocks[0] = realloc(blocks[0], 400 * KIB);
    CHECK(blocks[0] != NULL);
    check(COUNT, bytes);
    // An aligned block counts with what is mapped for it, and no longer once it is free.
    char *aligned = memalign(MIB, MIB);
    size_t mapped = mallinfo2().hblkhd - start.hblkhd - bytes;
    CHECK_AT(mapped >= MIB && mapped <= 2 * MIB + 3 * (size_t)getpagesize(), mapped);
    CHECK(mapped % (size_t)getpagesize() == 0);
    check(COUNT + 1, bytes + mapped);
    free(aligned);
    check(COUNT, bytes);
    for (size_t i = 1; i < COUNT; i++) {
        if (i == 7) {
            struct mallinfo2 before = mallinfo2();
            CHECK(pthread_create(&thread, NULL, free_it, blocks[i]) == 0);
            CHECK(pthread_join(thread, NULL) == 0);
            CHECK(mallinfo2().hblks == before.hblks - 1);
        } else {
            free(blocks[i]);
        }
        bytes -= mapping_of(300 * KIB + i * 1111);
        check(COUNT - i, bytes);
    }
    free(blocks[0]);
    check(0, 0);
    return 0;
}
