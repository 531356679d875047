// The smallest block, also that of malloc(0), from every function: 24 usable bytes in glibc. Arenite has blocks
// of 16 bytes, half of what glibc's smallest takes from memory; blocks of more than 16 bytes have 24 and more.
// shows: functions: malloc_usable_size of the smallest block
#include "check.h"

static void check_block(void *block, size_t size)
{
    CHECK(block != NULL && is_aligned(block, 16));
    size_t least = on_arenite() && size <= 16 ? 16 : 24;
    CHECK_AT(malloc_usable_size(block) >= least, size);
    fill(block, least, 1);
    CHECK(holds(block, least, 1));
    free(block);
}

int main(void)
{
    for (size_t size = 0; size <= 24; size++) {
        check_block(malloc(size), size);
        check_block(calloc(1, size), size);
        check_block(realloc(NULL, size), size);
        check_block(reallocarray(NULL, 1, size), size);
        check_block(memalign(64, size), size);
        check_block(aligned_alloc(32, size), size);
        check_block(valloc(size), size);
        void *block = NULL;
        CHECK(posix_memalign(&block, 8, size) == 0);
        check_block(block, size);
    }
    return 0;
}
