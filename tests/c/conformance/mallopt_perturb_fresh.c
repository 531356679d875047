// shows: mallopt: M_PERTURB fills fresh memory
// Every byte asked for holds the complement of M_PERTURB's value, whichever function allocates: in blocks
// that were never used before, of all sizes, mapped ones too.
#include "../perturb.h"

int main(void)
{
    set_perturb(PERTURB);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < PERTURB_SIZES; i++) {
            size_t size = perturb_sizes[i];
            CHECK_FRESH(malloc(size), size);
            CHECK_FRESH(realloc(NULL, size), size);
            CHECK_FRESH(reallocarray(NULL, size, 1), size);
        }
    }
    // Another value, and its lowest byte alone counts.
    CHECK(mallopt(M_PERTURB, 0x101) == 1);
    unsigned char *block = malloc(3000);
    CHECK(block != NULL && is_all(block, 0, 3000, 0xfe));
    return 0;
}
