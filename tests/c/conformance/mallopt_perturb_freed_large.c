// shows: mallopt: M_PERTURB fills freed memory
// A freed block of more than what thread caches hold is filled with M_PERTURB's value, but for the words
// that free lists need.
#include "../perturb.h"

int main(void)
{
    set_perturb(PERTURB);
    for (size_t i = 0; i < PERTURB_HEAP_SIZES; i++) {
        size_t size = perturb_sizes[i];
        if (size <= 1032)
            continue;
        unsigned char *first = malloc(size), *second = malloc(size), *third = malloc(size), *end = malloc(24);
        CHECK(first != NULL && second != NULL && third != NULL && end != NULL);
        size_t usable = malloc_usable_size(second);
        memset(first, 1, usable);
        memset(second, 2, usable);
        memset(third, 3, usable);
        free(second);
        CHECK_FREED(second, usable);
        // The neighbours are still in use.
        CHECK(is_all(first, 0, usable, 1) && is_all(third, 0, usable, 3));
        free(first);
        CHECK_FREED(first, usable);
        free(third);
        CHECK_FREED(third, usable);
    }
    return 0;
}
