// calloc whose product overflows gives NULL and ENOMEM; a zero factor gives a unique block.
// shows: functions: calloc, ENOMEM for a product that overflows
#include "check.h"

int main(void)
{
    static const size_t pairs[][2] = {
        { SIZE_MAX, 2 }, { 2, SIZE_MAX }, { SIZE_MAX, SIZE_MAX }, { SIZE_MAX / 2 + 1, 2 },
        { SIZE_MAX / 4 + 1, 4 }, { (size_t)1 << 32, (size_t)1 << 32 }, { ((size_t)1 << 32) + 1, (size_t)1 << 32 },
        { (size_t)1 << 63, 2 }, { SIZE_MAX / 3 + 1, 3 }, { SIZE_MAX / 16 + 2, 16 },
        { (size_t)PTRDIFF_MAX, 2 }, { SIZE_MAX / 2, 1 },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_FAILS_WITH(calloc(opaque_size(pairs[i][0]), opaque_size(pairs[i][1])), ENOMEM);
        CHECK_FAILS_WITH(calloc(opaque_size(pairs[i][1]), opaque_size(pairs[i][0])), ENOMEM);
    }
    void *a = calloc(0, opaque_size(SIZE_MAX)), *b = calloc(opaque_size(SIZE_MAX), 0);
    CHECK(a != NULL && b != NULL && a != b);
    free(a);
    free(b);
    return 0;
}
