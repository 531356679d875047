// cfree, free_sized, free_aligned_sized and __libc_reallocarray work on the same heap as malloc and free.
// (A program for glibc 2.36 cannot reach the first and the last, and does not have the others.)
// shows: functions: {case}
// cases: cfree free_sized free_aligned_sized __libc_reallocarray
// glibc: no
#include "check.h"
#include <dlfcn.h>

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 20, 100, 1000, 5000, 50000, 500000, 5000000 };
    CHECK(argc == 2);
    const char *name = argv[1];
    void *function = dlsym(RTLD_DEFAULT, name);
    CHECK(function != NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        errno = 5;
        if (strcmp(name, "cfree") == 0) {
            void (*cfree)(void *) = function;
            cfree(malloc(size));
            cfree(NULL);
        } else if (strcmp(name, "free_sized") == 0) {
            void (*free_sized)(void *, size_t) = function;
            free_sized(malloc(size), size);
            free_sized(calloc(1, size), size);
            free_sized(NULL, size);
        } else if (strcmp(name, "free_aligned_sized") == 0) {
            void (*free_aligned_sized)(void *, size_t, size_t) = function;
            free_aligned_sized(aligned_alloc(256, size), 256, size);
            free_aligned_sized(NULL, 256, size);
        } else {
            void *(*resize)(void *, size_t, size_t) = function;
            char *block = resize(NULL, 1, size);
            CHECK_AT(block != NULL && malloc_usable_size(block) >= size, size);
            fill(block, size, 1);
            block = resize(block, 3, size + 10);
            CHECK_AT(block != NULL && holds(block, size, 1), size);
            free(block);
            CHECK_FAILS_WITH(resize(NULL, opaque_size(SIZE_MAX / 2 + 1), 2), ENOMEM);
            errno = 5;
        }
        CHECK(errno == 5);
    }
    return 0;
}
