// shows: mallopt: M_PERTURB fills what realloc adds and what it cuts off
// What realloc adds beyond the block's old usable size holds the fill of fresh memory, what it cuts off or
// leaves behind that of freed memory; what the block held stays. (glibc fills neither where the block stays
// in place.)
// glibc: no
#include "../perturb.h"

// `end` must not fill the room behind: the block can grow there.
static void check_growth(size_t from, size_t to)
{
    unsigned char *block = malloc(from);
    CHECK(block != NULL);
    size_t usable = malloc_usable_size(block);
    memset(block, 0x33, usable);
    unsigned char *grown = realloc(block, to);
    CHECK(grown != NULL);
    size_t kept = usable < to ? usable : to;
    CHECK_AT(is_all(grown, 0, kept < from ? kept : from, 0x33), to);
    CHECK_AT(is_all(grown, kept, to, FRESH), to);
    free(grown);
}

static void check_shrink(size_t from, size_t to)
{
    unsigned char *block = malloc(from), *end = malloc(100);
    CHECK(block != NULL && end != NULL);
    size_t before = malloc_usable_size(block);
    memset(block, 0x33, before);
    unsigned char *shrunk = realloc(block, to);
    CHECK(shrunk != NULL);
    CHECK_AT(is_all(shrunk, 0, to, 0x33), to);
    size_t after = malloc_usable_size(shrunk);
    if (shrunk != block)
        CHECK_FREED(block, before);
    else if (after < before && is_mapped(block + before - 1) && before - after > FREE_LINKS + 16 + FREE_END)
        CHECK_AT(is_all(block, after + 16 + FREE_LINKS, before - FREE_END, FREED), to);
    free(shrunk);
    free(end);
}

int main(void)
{
    set_perturb(PERTURB);
    CHECK(mallopt(M_MMAP_THRESHOLD, 400 * 1000) == 1);
    for (size_t i = 0; i < PERTURB_SIZES; i++) {
        for (size_t k = i + 1; k < PERTURB_SIZES; k++)
            check_growth(perturb_sizes[i], perturb_sizes[k]);
        // The heap's part, of which enough is left to be looked at.
        for (size_t k = 0; k < i && perturb_sizes[i] <= 200000; k++)
            check_shrink(perturb_sizes[i], perturb_sizes[k]);
    }
    return 0;
}
