// memalign: up to 16 it is malloc; an alignment that is no power of two is rounded up to the next one;
// above SIZE_MAX/2+1 it fails with EINVAL, above PTRDIFF_MAX with ENOMEM.
// shows: functions: memalign, alignments that are no power of two
#include "check.h"

int main(void)
{
    for (size_t alignment = 0; alignment <= 16; alignment++) {
        void *block = memalign(alignment, 50);
        CHECK_AT(block != NULL && is_aligned(block, 16), alignment);
        free(block);
    }
    for (size_t alignment = 17; alignment < 3000; alignment += alignment < 300 ? 1 : 111) {
        size_t rounded = 32;
        while (rounded < alignment)
            rounded *= 2;
        for (int i = 0; i < 4; i++) {
            void *block = memalign(alignment, (size_t)i * 40);
            CHECK_AT(block != NULL, alignment);
            CHECK_AT(is_aligned(block, rounded), alignment);
            free(block);
        }
    }
    CHECK_FAILS_WITH(memalign(opaque_size(SIZE_MAX), 1), EINVAL);
    CHECK_FAILS_WITH(memalign(opaque_size(SIZE_MAX / 2 + 2), 1), EINVAL);
    CHECK_FAILS_WITH(memalign(opaque_size(SIZE_MAX / 2 + 1), 1), ENOMEM);
    CHECK_FAILS_WITH(memalign(opaque_size(SIZE_MAX / 4 + 2), 1), ENOMEM);
    CHECK_FAILS_WITH(memalign((size_t)1 << 62, 1), ENOMEM);
    CHECK_FAILS_WITH(memalign((size_t)1 << 48, 1), ENOMEM);
    return 0;
}
