// Every block has at least 24 usable bytes, also that of malloc(0), from every function.
// shows: functions: malloc_usable_size is at least 24
#include "check.h"

static void check_block(void *block, size_t size)
{
    CHECK(block != NULL && is_aligned(block, 16));
    CHECK_AT(malloc_usable_size(block) >= 24, size);
    fill(block, 24, 1);
    CHECK(holds(block, 24, 1));
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
