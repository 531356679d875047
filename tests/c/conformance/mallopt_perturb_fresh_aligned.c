// shows: mallopt: M_PERTURB fills fresh aligned memory
// Every byte asked for holds the complement of M_PERTURB's value in aligned blocks too. (glibc leaves what its
// thread cache gives out as it is, which takes in what is cut off in front of aligned blocks.)
// glibc: no
#include "../perturb.h"

int main(void)
{
    set_perturb(PERTURB);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < PERTURB_SIZES; i++) {
            size_t size = perturb_sizes[i];
            CHECK_FRESH(valloc(size), size);
            CHECK_FRESH(pvalloc(size), size);
            for (size_t alignment = 16; alignment <= 256 * KIB; alignment *= 8) {
                CHECK_FRESH(memalign(alignment, size), size);
                CHECK_FRESH(aligned_alloc(alignment, size), size);
                void *block = NULL;
                CHECK(posix_memalign(&block, alignment, size) == 0);
                CHECK_FRESH(block, size);
            }
        }
    }
    return 0;
}
