// posix_memalign returns its error: EINVAL for an alignment that is no power of two times the size
// of a pointer, ENOMEM for want of memory. *memptr is unchanged on failure.
// shows: functions: posix_memalign, EINVAL and ENOMEM, memptr unchanged
#include "check.h"

int main(void)
{
    static const size_t bad[] = { 0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 17, 20, 24, 40, 48, 100, 1000, 4097, 6144,
                                  SIZE_MAX, SIZE_MAX - 7, (SIZE_MAX >> 1) - 7, ((size_t)1 << 63) + 8 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        void *untouched = &untouched;
        errno = 88;
        CHECK_AT(posix_memalign(&untouched, opaque_size(bad[i]), 100) == EINVAL, bad[i]);
        CHECK_AT(posix_memalign(&untouched, opaque_size(bad[i]), 0) == EINVAL, bad[i]);
        CHECK_AT(posix_memalign(&untouched, opaque_size(bad[i]), SIZE_MAX) == EINVAL, bad[i]);
        CHECK_AT(untouched == &untouched, bad[i]);
        CHECK_AT(errno == 88, bad[i]);
    }
    static const size_t huge[] = { SIZE_MAX, SIZE_MAX - 100, (size_t)PTRDIFF_MAX + 1, (size_t)1 << 62 };
    for (size_t alignment = 8; alignment <= MIB; alignment *= 2)
        for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
            void *untouched = &untouched;
            CHECK_AT(posix_memalign(&untouched, alignment, opaque_size(huge[i])) == ENOMEM, alignment);
            CHECK_AT(untouched == &untouched, alignment);
        }
    void *untouched = &untouched;
    CHECK(posix_memalign(&untouched, (size_t)1 << 62, 1) == ENOMEM);
    CHECK(posix_memalign(&untouched, (size_t)1 << 63, 1) == ENOMEM);
    CHECK(untouched == &untouched);
    for (size_t alignment = 8; alignment <= MIB; alignment *= 2) {
        void *block = NULL;
        CHECK(posix_memalign(&block, alignment, alignment / 2 + 3) == 0);
        CHECK_AT(block != NULL && is_aligned(block, alignment) && is_aligned(block, 16), alignment);
        fill(block, alignment / 2 + 3, 1);
        free(block);
    }
    return 0;
}
