// valloc aligns to the page; pvalloc also rounds the size up to whole pages, fails with ENOMEM when
// that overflows, and gives a page-aligned block for 0.
// shows: functions: valloc
// shows: functions: pvalloc, whole pages
#include "check.h"

int main(void)
{
    size_t page = (size_t)getpagesize();
    for (size_t size = 0; size < 300000; size = size * 2 + 77) {
        char *v = valloc(size), *p = pvalloc(size);
        CHECK_AT(v != NULL && is_aligned(v, page), size);
        CHECK_AT(p != NULL && is_aligned(p, page), size);
        CHECK_AT(malloc_usable_size(v) >= size, size);
        size_t whole = (size + page - 1) / page * page;
        CHECK_AT(malloc_usable_size(p) >= whole, size);
        fill(v, size, 1);
        fill(p, whole, 2);
        CHECK_AT(holds(v, size, 1), size);
        p = realloc(p, whole + 5000);
        CHECK_AT(p != NULL && holds(p, whole, 2), size);
        free(v);
        free(p);
    }
    void *a = pvalloc(0), *b = pvalloc(0), *c = valloc(0), *d = valloc(0);
    CHECK(a != NULL && b != NULL && a != b && is_aligned(a, page) && is_aligned(b, page));
    CHECK(c != NULL && d != NULL && c != d && is_aligned(c, page) && is_aligned(d, page));
    free(a);
    free(b);
    free(c);
    free(d);
    for (size_t size = SIZE_MAX; size > SIZE_MAX - 3 * page; size -= 511) {
        CHECK_FAILS_WITH(pvalloc(opaque_size(size)), ENOMEM);
        CHECK_FAILS_WITH(valloc(opaque_size(size)), ENOMEM);
    }
    return 0;
}
