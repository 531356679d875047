// Shared by the tests of limits of the thread cache: how many freed blocks it keeps.
#ifndef ARENITE_TESTS_CACHED_H
#define ARENITE_TESTS_CACHED_H

#include "settings.h"

// Blocks in a thread's cache count as in use in mallinfo2. So many do so after `count` blocks of `size` bytes
// were allocated and all of them freed again, while others live; no others of the size may have existed before.
__attribute__((unused)) static size_t kept_blocks(size_t size, size_t count)
{
    enum { MOST = 1000 };
    static void *blocks[MOST];
    CHECK(count <= MOST);
    // The first block of a thread brings its cache about, which may take memory itself.
    free(opaque(malloc(1)));
    // Arenite gives back what is cached when hardly anything lives.
    void *others[10];
    for (int i = 0; i < 10; i++)
        others[i] = malloc(UNCACHED);
    size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
    }
    size_t in_use = mallinfo2().uordblks;
    CHECK_AT(in_use >= before + size * count, in_use - before);
    size_t usable = malloc_usable_size(blocks[0]);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    size_t after = mallinfo2().uordblks;
    for (int i = 0; i < 10; i++)
        free(others[i]);
    // A block takes up to 8 bytes more than can be used of it.
    size_t kept = after <= before ? 0 : (after - before + usable + 7) / (usable + 8);
    // Arenite keeps one slab of a size, of which less than two blocks are never free.
    return on_arenite() ? (kept > 2 ? kept - 2 : 0) : kept;
}

// Sizes of several kinds, none of which the start of a program uses.
static const size_t cached_sizes[] = { 184, 312, 456, 872, 1000 };
#define CACHED_SIZES (sizeof cached_sizes / sizeof *cached_sizes)

#endif
