// aligned_alloc fails with EINVAL for an alignment of zero or one that is no power of two (since
// glibc 2.38; older versions round up). The size need not be a multiple of the alignment.
// shows: functions: aligned_alloc, EINVAL for an alignment that is no power of two (glibc 2.38)
// glibc: no
#include "check.h"

int main(void)
{
    static const size_t bad[] = { 0, 3, 5, 6, 7, 9, 12, 15, 17, 24, 33, 48, 100, 4095, 4097, SIZE_MAX,
                                  SIZE_MAX / 2, SIZE_MAX / 2 + 2 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS_WITH(aligned_alloc(opaque_size(bad[i]), 64), EINVAL);
        CHECK_FAILS_WITH(aligned_alloc(opaque_size(bad[i]), 0), EINVAL);
    }
    for (size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        void *block = aligned_alloc(alignment, 7);
        CHECK_AT(block != NULL && is_aligned(block, alignment) && is_aligned(block, 16), alignment);
        free(block);
    }
    return 0;
}
