// With a threshold of 0, blocks of any size and alignment are mappings, many of them next to each
// other: each has its own memory, also those of size 0 whose alignment puts them on a page boundary.
// shows: thresholds: mapped blocks lie beside each other
// env: MALLOC_MMAP_THRESHOLD_=0
#include "check.h"
#include <malloc.h>

enum { BLOCKS = 500 };

int main(void)
{
    static char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    uint64_t state = 7;
    for (int i = 0; i < 20000; i++) {
        size_t k = (size_t)(next_random(&state) % BLOCKS);
        if (blocks[k] != NULL) {
            CHECK_AT(holds(blocks[k], sizes[k], (unsigned)k), sizes[k]);
            if (i % 3 == 0) {
                size_t size = 1 + (size_t)(next_random(&state) % 9000);
                blocks[k] = realloc(blocks[k], size);
                CHECK(blocks[k] != NULL);
                CHECK(holds(blocks[k], size < sizes[k] ? size : sizes[k], (unsigned)k));
                sizes[k] = size;
                fill(blocks[k], size, (unsigned)k);
                continue;
            }
            free(blocks[k]);
        }
        size_t alignment = (size_t)16 << (next_random(&state) % 11);
        sizes[k] = i % 4 == 0 ? 0 : (size_t)(next_random(&state) % 6000);
        blocks[k] = memalign(alignment, sizes[k]);
        CHECK(blocks[k] != NULL && is_aligned(blocks[k], alignment));
        sizes[k] = malloc_usable_size(blocks[k]);
        CHECK_AT(sizes[k] >= 16, sizes[k]);
        fill(blocks[k], sizes[k], (unsigned)k);
    }
    return 0;
}
