// shows: mallopt: M_PERTURB 0 ends the filling
// With M_PERTURB set back to 0 a freed block keeps what it held, and so does the block that malloc makes of
// the same memory next; calloc still clears it.
#include "../perturb.h"

int main(void)
{
    set_perturb(PERTURB);
    unsigned char *blocks[20];
    for (int i = 0; i < 20; i++) {
        blocks[i] = malloc(3000);
        CHECK_FRESH(blocks[i], 3000);
    }
    for (int i = 0; i < 20; i++)
        free(blocks[i]);
    CHECK(mallopt(M_PERTURB, 0) == 1);
    for (size_t i = 0; i < PERTURB_HEAP_SIZES; i++) {
        size_t size = perturb_sizes[i];
        if (size < 64 || size > 60000)
            continue;
        unsigned char *block = malloc(size), *end = malloc(24);
        CHECK(block != NULL && end != NULL);
        memset(block, 0x33, size);
        free(block);
        CHECK_AT(is_all(block, FREE_LINKS, size - FREE_END, 0x33), size);
        unsigned char *again = malloc(size);
        CHECK(again != NULL);
        if (again == block)
            CHECK_AT(is_all(block, FREE_LINKS, size - FREE_END, 0x33), size);
        free(again);
        unsigned char *cleared = calloc(1, size);
        CHECK_AT(cleared != NULL && is_zero(cleared, size), size);
        free(cleared);
    }
    return 0;
}
