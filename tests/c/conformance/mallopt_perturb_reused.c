// shows: mallopt: M_PERTURB fills memory that is allocated again
// A block that was used before holds the fill as well, of whatever size, wherever it waited meanwhile: in
// the thread's cache, in a slab, among the free chunks. (glibc leaves what its thread cache holds as it is.)
// glibc: no
#include "../perturb.h"

enum { BLOCKS = 300 };

static void check_size(size_t size, size_t count)
{
    static unsigned char *blocks[BLOCKS];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < count; i++) {
            blocks[i] = malloc(size);
            CHECK_FRESH(blocks[i], size);
            memset(blocks[i], 0x33, malloc_usable_size(blocks[i]));
        }
        // Some are freed in order and some in reverse, so that chunks merge in all ways.
        for (size_t i = 0; i < count; i += 2)
            free(blocks[i]);
        for (size_t i = count - count % 2; i > 0; i -= 2)
            free(blocks[i - 1]);
    }
}

int main(void)
{
    set_perturb(PERTURB);
    for (size_t i = 0; i < PERTURB_SIZES; i++) {
        size_t size = perturb_sizes[i];
        check_size(size, size <= 5000 ? BLOCKS : size < 200000 ? 20 : 2);
        unsigned char *block = malloc(size);
        CHECK_FRESH(block, size);
        memset(block, 0x33, size);
        free(block);
        block = memalign(512, size);
        CHECK_FRESH(block, size);
        memset(block, 0x33, size);
        free(block);
        void *aligned = NULL;
        CHECK(posix_memalign(&aligned, 64, size) == 0);
        CHECK_FRESH(aligned, size);
        memset(aligned, 0x33, size);
        free(aligned);
        block = realloc(NULL, size);
        CHECK_FRESH(block, size);
        memset(block, 0x33, size);
        free(block);
        CHECK_FRESH(aligned_alloc(128, size), size);
    }
    return 0;
}
