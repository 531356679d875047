// A static program that calls the C library's second names of the same functions: they are Arenite's.
// shows: functions: __libc_malloc
// shows: functions: __libc_calloc
// shows: functions: __libc_realloc
// shows: functions: __libc_free
// shows: functions: __libc_memalign
// shows: functions: __libc_valloc
// shows: functions: __libc_pvalloc
// link: -static
#include "../check.h"

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *__libc_valloc(size_t);
void *__libc_pvalloc(size_t);
void __libc_free(void *);

int main(void)
{
    CHECK(on_arenite());
    char *block = __libc_malloc(100);
    CHECK(block != NULL);
    block = realloc(block, 1000);
    block = __libc_realloc(block, 3000);
    free(block);
    __libc_free(malloc(50));
    __libc_free(calloc(1, 50));
    free(__libc_calloc(1, 50));
    free(__libc_memalign(64, 50));
    free(__libc_valloc(50));
    free(__libc_pvalloc(50));
    return 0;
}
