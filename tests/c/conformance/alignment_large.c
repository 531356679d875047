// Aligned blocks from every function: alignments up to several MiB with sizes of all ranges, also 0;
// freed with free, resized with realloc, no overlap.
// shows: functions: aligned_alloc, large alignments
// shows: functions: posix_memalign, large alignments
// shows: functions: memalign, large alignments
// shows: functions: valloc, alignment
// shows: functions: pvalloc, alignment
#include "check.h"

static void *allocate(unsigned how, size_t alignment, size_t size)
{
    void *block = NULL;
    if (how == 0)
        return memalign(alignment, size);
    if (how == 1)
        return aligned_alloc(alignment, size);
    CHECK_AT(posix_memalign(&block, alignment, size) == 0, alignment);
    return block;
}

int main(void)
{
    static const size_t sizes[] = { 0, 1, 16, 24, 100, 1000, 1024, 5000, 33000, 70000, 200000, 1 << 20 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    for (size_t alignment = 8; alignment <= 8 * MIB; alignment *= 2) {
        void *blocks[3][COUNT];
        for (unsigned how = 0; how < 3; how++)
            for (size_t i = 0; i < COUNT; i++) {
                void *block = allocate(how, alignment, sizes[i]);
                CHECK_AT(block != NULL, alignment);
                CHECK_AT(is_aligned(block, alignment), alignment);
                CHECK_AT(is_aligned(block, 16), alignment);
                CHECK_AT(malloc_usable_size(block) >= sizes[i], alignment);
                fill_sparsely(block, sizes[i], (unsigned)i * 3 + how);
                blocks[how][i] = block;
            }
        for (unsigned how = 0; how < 3; how++)
            for (size_t i = 0; i < COUNT; i++) {
                CHECK_AT(holds_sparsely(blocks[how][i], sizes[i], (unsigned)i * 3 + how), alignment);
                if ((i + how) % 2) {
                    // Contents up to the old size, at any new one.
                    fill(blocks[how][i], sizes[i], 5);
                    size_t new_size = sizes[(i + 5) % COUNT] + 1;
                    size_t kept = new_size < sizes[i] ? new_size : sizes[i];
                    char *resized = realloc(blocks[how][i], new_size);
                    CHECK_AT(resized != NULL && holds(resized, kept, 5), alignment);
                    fill(resized, new_size, 6);
                    free(resized);
                } else {
                    free(blocks[how][i]);
                }
            }
    }
    return 0;
}
