// realloc grows in place into the next chunk when that is free, and into the top.
// shows: thresholds: realloc grows and shrinks in place
#include "check.h"

// Whether Arenite's caches keep such blocks.
static bool is_cached(size_t size) { return size <= 64 * KIB; }

// With a block behind the freed one, so that it is a free chunk between two used ones.
static void into_free_neighbour(size_t size)
{
    char *blocks[3];
    char *spare[64];
    int spares = 0;
    // Three in a row.
    for (;;) {
        neighbours(size, &blocks[0], &blocks[1]);
        blocks[2] = malloc(size);
        CHECK(blocks[2] != NULL);
        ptrdiff_t distance = blocks[2] - blocks[1];
        if (distance > 0 && (size_t)distance <= malloc_usable_size(blocks[1]) + 64)
            break;
        CHECK(spares + 3 <= 64);
        for (int i = 0; i < 3; i++)
            spare[spares++] = blocks[i];
    }
    fill(blocks[0], size, 1);
    fill(blocks[2], size, 2);
    free(blocks[1]);
    // Only then it is a free chunk, if it waits in a cache.
    if (is_cached(size))
        malloc_trim(128 * KIB);
    char *grown = realloc(blocks[0], size + size * 3 / 4);
    CHECK_AT(grown == blocks[0], size);
    CHECK_AT(holds(grown, size, 1), size);
    CHECK_AT(malloc_usable_size(grown) >= size + size * 3 / 4, size);
    fill(grown, malloc_usable_size(grown), 3);
    CHECK_AT(holds(blocks[2], size, 2), size);
    CHECK(holds(grown, size + size * 3 / 4, 3));
    free(grown);
    free(blocks[2]);
    while (spares > 0)
        free(spare[--spares]);
}

// Nothing is allocated behind: the freed neighbour becomes part of the top, or of the free run there.
static void into_top(size_t size)
{
    char *first, *second;
    neighbours(size, &first, &second);
    fill(first, size, 5);
    free(second);
    char *grown = realloc(first, size + size / 2);
    CHECK_AT(grown == first, size);
    CHECK_AT(holds(grown, size, 5), size);
    free(grown);
}

int main(void)
{
    static const size_t sizes[] = { 40000, 50000, 66000, 80000, 100000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (!is_cached(sizes[i]))
            into_top(sizes[i]);
        into_free_neighbour(sizes[i]);
    }
    // A lone block at the end of the heap grows step by step without moving, below the threshold for
    // mappings: most of the steps, since the heap's end may lie anywhere.
    char *block = malloc(40000);
    int moves = 0;
    for (size_t size = 40000; size < 120000; size += 2000) {
        char *grown = realloc(block, size);
        CHECK(grown != NULL);
        moves += grown != block;
        block = grown;
    }
    CHECK_AT(moves <= 3, (size_t)moves);
    free(block);
    return 0;
}
