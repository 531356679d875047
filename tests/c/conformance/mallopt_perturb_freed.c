// shows: mallopt: M_PERTURB fills freed memory of every size
// A freed block is filled with M_PERTURB's value, but for the words that free lists need, also if the
// thread's cache takes it; however many are freed, whichever function made it. (glibc leaves what goes into
// its thread cache as it is.)
// glibc: no
#include "../perturb.h"

enum { BLOCKS = 600 };

static void check_one(unsigned char *block, size_t size)
{
    CHECK(block != NULL);
    size_t usable = malloc_usable_size(block);
    CHECK(usable >= size);
    memset(block, 0x33, usable);
    free(block);
    CHECK_FREED(block, usable);
}

// A block of a size that free lists need all of must at least not keep its contents.
static void check_not_kept(size_t size)
{
    unsigned char *block = malloc(size);
    CHECK(block != NULL);
    memset(block, 0x33, size);
    free(block);
    CHECK_AT(!is_all(block, 0, size, 0x33), size);
}

static void check_many(size_t size, size_t count)
{
    static unsigned char *blocks[BLOCKS];
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 0x33, size);
    }
    size_t usable = malloc_usable_size(blocks[0]);
    for (size_t i = 0; i < count; i++) {
        free(blocks[i]);
        CHECK_FREED(blocks[i], usable);
    }
}

int main(void)
{
    set_perturb(PERTURB);
    // Keeps the pages of what is freed below.
    CHECK(malloc(24) != NULL);
    for (size_t i = 0; i < PERTURB_HEAP_SIZES; i++) {
        size_t size = perturb_sizes[i];
        if (size >= 8)
            check_not_kept(size);
        check_one(malloc(size), size);
        check_one(calloc(size, 1), size);
        check_one(realloc(NULL, size), size);
        check_one(memalign(256, size), size);
        check_one(aligned_alloc(64, size), size);
        void *block = NULL;
        CHECK(posix_memalign(&block, 1024, size) == 0);
        check_one(block, size);
        // Not so many that pages are given back.
        if (size >= 40)
            check_many(size, size <= 1000 ? BLOCKS : size <= 5000 ? 60 : 4);
    }
    return 0;
}
