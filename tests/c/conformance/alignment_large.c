// Aligned blocks from each function: alignments up to several MiB with sizes of all ranges, also 0;
// freed with free, resized with realloc, no overlap.
// shows: functions: {case}, large alignments
// cases: memalign aligned_alloc posix_memalign
#include "check.h"

static void *allocate(const char *function, size_t alignment, size_t size)
{
    void *block = NULL;
    if (strcmp(function, "memalign") == 0)
        return memalign(alignment, size);
    if (strcmp(function, "aligned_alloc") == 0)
        return aligned_alloc(alignment, size);
    CHECK_AT(posix_memalign(&block, alignment, size) == 0, alignment);
    return block;
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 0, 1, 16, 24, 100, 1000, 1024, 5000, 33000, 70000, 200000, 1 << 20 };
    enum { COUNT = sizeof sizes / sizeof *sizes, ROUNDS = 3 };
    CHECK(argc == 2);
    for (size_t alignment = 16; alignment <= 8 * MIB; alignment *= 2) {
        void *blocks[ROUNDS][COUNT];
        for (unsigned round = 0; round < ROUNDS; round++)
            for (size_t i = 0; i < COUNT; i++) {
                void *block = allocate(argv[1], alignment, sizes[i]);
                CHECK_AT(block != NULL, alignment);
                CHECK_AT(is_aligned(block, alignment), alignment);
                CHECK_AT(malloc_usable_size(block) >= sizes[i], alignment);
                fill_sparsely(block, sizes[i], (unsigned)i * 3 + round);
                blocks[round][i] = block;
            }
        for (unsigned round = 0; round < ROUNDS; round++)
            for (size_t i = 0; i < COUNT; i++) {
                char *block = blocks[round][i];
                CHECK_AT(holds_sparsely(block, sizes[i], (unsigned)i * 3 + round), alignment);
                if ((i + round) % 2) {
                    // Contents up to the old size, at any new one.
                    fill(block, sizes[i], 5);
                    size_t new_size = sizes[(i + 5) % COUNT] + 1;
                    size_t kept = new_size < sizes[i] ? new_size : sizes[i];
                    char *resized = realloc(block, new_size);
                    CHECK_AT(resized != NULL && holds(resized, kept, 5), alignment);
                    fill(resized, new_size, 6);
                    free(resized);
                } else {
                    free(block);
                }
            }
    }
    return 0;
}
