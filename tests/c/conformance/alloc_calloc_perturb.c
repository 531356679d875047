// calloc's memory is zero also while M_PERTURB fills what malloc hands out and what free takes.
// env: MALLOC_PERTURB_=165
// shows: functions: calloc gives zeros under M_PERTURB
#include "check.h"

static void check_sizes(void)
{
    for (size_t size = 1; size < 3 * MIB; size += size / 7 + 1) {
        char *dirty = malloc(size);
        CHECK(dirty != NULL);
        memset(dirty, 0x33, malloc_usable_size(dirty));
        free(dirty);
        char *zeros = calloc(1, size), *more = calloc(size, 1);
        CHECK_AT(zeros != NULL && more != NULL, size);
        CHECK_AT(is_zero(zeros, size) && is_zero(more, size), size);
        free(zeros);
        free(more);
    }
}

int main(void)
{
    check_sizes();
    for (int value = 0; value <= 255; value += 85) {
        CHECK(mallopt(M_PERTURB, value) == 1);
        check_sizes();
    }
    return 0;
}
