// Blocks of every size, also below 16 bytes, are aligned to 16 and do not overlap.
// shows: thresholds: blocks of every size are aligned to 16 bytes
// shows: functions: malloc, blocks of every size do not overlap
#include "check.h"

static void check_size(size_t size)
{
    void *blocks[4] = { malloc(size), calloc(1, size), realloc(NULL, size), malloc(size) };
    blocks[3] = realloc(blocks[3], size + size / 2 + 1);
    for (int i = 0; i < 4; i++) {
        CHECK_AT(blocks[i] != NULL, size);
        CHECK_AT(is_aligned(blocks[i], 16), size);
        fill_sparsely(blocks[i], size, (unsigned)i);
    }
    for (int i = 0; i < 4; i++) {
        CHECK_AT(holds_sparsely(blocks[i], size, (unsigned)i), size);
        free(blocks[i]);
    }
}

int main(void)
{
    for (size_t size = 0; size < 5000; size++)
        check_size(size);
    for (size_t size = 5000; size < 300 * KIB; size += size / 37)
        check_size(size);
    for (size_t power = 4096; power <= 16 * MIB; power *= 2)
        for (size_t size = power - 40; size <= power + 40; size += 8)
            check_size(size);
    return 0;
}
