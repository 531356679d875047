// shows: tunables: glibc.malloc.perturb fills from the first block on
// glibc.malloc.perturb does what M_PERTURB does, from the start: the first block too. mallopt can end it.
// env: GLIBC_TUNABLES=glibc.malloc.perturb=90 MALLOC_PERTURB_=17
#include "mallopt_perturb_off.c"

static void __attribute__((constructor)) check_at_start(void)
{
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    for (size_t i = 0; i < PERTURB_SIZES; i++)
        CHECK_FRESH(malloc(perturb_sizes[i]), perturb_sizes[i]);
    unsigned char *block = malloc(3000), *end = malloc(24);
    CHECK(block != NULL && end != NULL);
    memset(block, 0x33, 3000);
    free(block);
    CHECK(is_all(block, FREE_LINKS, 3000 - FREE_END, FREED));
}
