// pvalloc(0) and valloc(0) give a block on a page boundary of the smallest size: 24 usable bytes, not a
// page.
// shows: functions: pvalloc(0)
#include "check.h"

int main(void)
{
    size_t page = (size_t)getpagesize();
    for (int i = 0; i < 20; i++) {
        char *p = pvalloc(0), *v = valloc(0);
        CHECK(p != NULL && v != NULL && p != v && is_aligned(p, page) && is_aligned(v, page));
        CHECK_AT(malloc_usable_size(p) >= 24 && malloc_usable_size(p) < page, malloc_usable_size(p));
        CHECK_AT(malloc_usable_size(v) >= 24 && malloc_usable_size(v) < page, malloc_usable_size(v));
        fill(p, 24, 1);
        fill(v, 24, 2);
        CHECK(holds(p, 24, 1));
        free(p);
        free(v);
    }
    for (size_t size = 1; size <= 3 * page; size += 999) {
        char *p = pvalloc(size);
        CHECK_AT(p != NULL && malloc_usable_size(p) >= round_up(size, page), size);
        free(p);
    }
    return 0;
}
