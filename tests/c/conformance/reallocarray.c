// reallocarray checks the product for overflow (ENOMEM, block intact) and otherwise is realloc.
// shows: functions: reallocarray, ENOMEM for a product that overflows
#include "check.h"

int main(void)
{
    int *array = reallocarray(NULL, 10, sizeof *array);
    CHECK(array != NULL);
    fill(array, 40, 1);
    CHECK_FAILS_WITH(reallocarray(array, opaque_size(SIZE_MAX / 2 + 1), 2), ENOMEM);
    CHECK_FAILS_WITH(reallocarray(array, opaque_size((size_t)1 << 32), opaque_size((size_t)1 << 32)), ENOMEM);
    CHECK_FAILS_WITH(reallocarray(array, 3, opaque_size(SIZE_MAX / 3 + 1)), ENOMEM);
    CHECK(holds(array, 40, 1));
    array = reallocarray(array, 1000, sizeof *array);
    CHECK(array != NULL && malloc_usable_size(array) >= 4000);
    CHECK(holds(array, 40, 1));
    array = reallocarray(array, 100000, sizeof *array);
    CHECK(array != NULL && malloc_usable_size(array) >= 400000);
    CHECK(holds(array, 40, 1));
    errno = 66;
    CHECK(reallocarray(array, 0, sizeof *array) == NULL);
    CHECK(errno == 66);
    array = reallocarray(NULL, 0, 0);
    CHECK(array != NULL);
    CHECK(reallocarray(array, 16, 0) == NULL);
    return 0;
}
