// cfree, free_sized, free_aligned_sized and the __libc_* names that programs can reach, where they
// exist: they work on the same heap as malloc and free. On Arenite all of them exist.
// shows: functions: cfree
// shows: functions: free_sized
// shows: functions: free_aligned_sized
// shows: functions: __libc_malloc
// shows: functions: __libc_calloc
// shows: functions: __libc_realloc
// shows: functions: __libc_free
// shows: functions: __libc_memalign
// shows: functions: __libc_valloc
// shows: functions: __libc_pvalloc
#include "check.h"
#include <dlfcn.h>

static void *find(const char *name, bool since_long)
{
    void *function = dlsym(RTLD_DEFAULT, name);
    if (function == NULL && (on_arenite() || since_long))
        check_failed(__FILE__, __LINE__, "%s does not exist", name);
    if (on_arenite()) {
        Dl_info ours, info;
        CHECK(dladdr((void *)arenite_version, &ours) != 0 && dladdr(function, &info) != 0);
        if (ours.dli_fbase != info.dli_fbase)
            check_failed(__FILE__, __LINE__, "%s is the C library's", name);
    }
    return function;
}

int main(void)
{
    static const size_t sizes[] = { 0, 10, 100, 1000, 5000, 50000, 500000, 5000000 };
    void (*cfree)(void *) = find("cfree", false);
    void (*free_sized)(void *, size_t) = find("free_sized", false);
    void (*free_aligned_sized)(void *, size_t, size_t) = find("free_aligned_sized", false);
    void *(*libc_malloc)(size_t) = find("__libc_malloc", true);
    void (*libc_free)(void *) = find("__libc_free", true);
    void *(*libc_calloc)(size_t, size_t) = find("__libc_calloc", true);
    void *(*libc_realloc)(void *, size_t) = find("__libc_realloc", true);
    void *(*libc_memalign)(size_t, size_t) = find("__libc_memalign", true);
    void *(*libc_valloc)(size_t) = find("__libc_valloc", true);
    void *(*libc_pvalloc)(size_t) = find("__libc_pvalloc", true);

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        if (cfree != NULL) {
            errno = 5;
            cfree(malloc(size));
            CHECK(errno == 5);
            cfree(NULL);
        }
        if (free_sized != NULL) {
            errno = 5;
            free_sized(malloc(size), size);
            free_sized(calloc(1, size), size);
            free_sized(NULL, size);
            CHECK(errno == 5);
        }
        if (free_aligned_sized != NULL) {
            errno = 5;
            free_aligned_sized(aligned_alloc(256, size), 256, size);
            free_aligned_sized(NULL, 256, size);
            CHECK(errno == 5);
        }
        // Each name with the public functions, both ways.
        char *block = libc_malloc(size);
        CHECK_AT(block != NULL && malloc_usable_size(block) >= size, size);
        fill(block, size, 1);
        block = realloc(block, size + 1000);
        CHECK_AT(block != NULL && holds(block, size, 1), size);
        block = libc_realloc(block, size + 3000);
        CHECK_AT(block != NULL && holds(block, size, 1), size);
        libc_free(block);
        libc_free(malloc(size));
        block = libc_calloc(3, size);
        CHECK_AT(block != NULL && is_zero(block, 3 * size), size);
        free(block);
        block = libc_memalign(512, size);
        CHECK_AT(block != NULL && is_aligned(block, 512), size);
        free(block);
        block = libc_valloc(size);
        CHECK_AT(block != NULL && is_aligned(block, (size_t)getpagesize()), size);
        free(block);
        block = libc_pvalloc(size);
        CHECK_AT(block != NULL && is_aligned(block, (size_t)getpagesize()), size);
        libc_free(block);
        CHECK_AT(libc_realloc(libc_malloc(size), 0) == NULL, size);
    }
    libc_free(NULL);
    return 0;
}
