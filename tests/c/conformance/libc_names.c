// The C library's second names of the allocation functions work on the same heap as malloc and free.
// shows: functions: {case}
// cases: __libc_malloc __libc_calloc __libc_realloc __libc_free __libc_memalign __libc_valloc __libc_pvalloc __libc_mallopt __libc_mallinfo
#include "check.h"
#include <dlfcn.h>

static bool is(const char *name, const char *other) { return strcmp(name, other) == 0; }

// Blocks from the named function have a public owner: realloc and free take them.
static void check_block(char *block, size_t size, size_t alignment)
{
    CHECK_AT(block != NULL && is_aligned(block, alignment), size);
    CHECK_AT(malloc_usable_size(block) >= size, size);
    fill(block, size, 1);
    block = realloc(block, size + 1000);
    CHECK_AT(block != NULL && holds(block, size, 1), size);
    free(block);
}

static void check_size(const char *name, void *function, size_t size)
{
    size_t page = (size_t)getpagesize();
    if (is(name, "__libc_malloc")) {
        check_block(((void *(*)(size_t))function)(size), size, 16);
    } else if (is(name, "__libc_calloc")) {
        char *block = ((void *(*)(size_t, size_t))function)(3, size);
        CHECK_AT(block != NULL && is_zero(block, 3 * size), size);
        check_block(block, 3 * size, 16);
    } else if (is(name, "__libc_realloc")) {
        void *(*resize)(void *, size_t) = function;
        char *block = malloc(size);
        CHECK(block != NULL);
        fill(block, size, 2);
        block = resize(block, size + 3000);
        CHECK_AT(block != NULL && holds(block, size, 2), size);
        check_block(block, size, 16);
        check_block(resize(NULL, size), size, 16);
    } else if (is(name, "__libc_free")) {
        void (*release)(void *) = function;
        errno = 5;
        release(malloc(size));
        release(calloc(1, size));
        release(NULL);
        CHECK(errno == 5);
    } else if (is(name, "__libc_memalign")) {
        check_block(((void *(*)(size_t, size_t))function)(512, size), size, 512);
    } else {
        check_block(((void *(*)(size_t))function)(size), size, page);
    }
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void check_mallinfo(void *function)
{
    char *block = malloc(100000);
    CHECK(block != NULL);
    struct mallinfo named = ((struct mallinfo (*)(void))function)(), usual = mallinfo();
    CHECK(named.arena > 100000 && named.arena == usual.arena && named.uordblks == usual.uordblks);
    free(block);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 20, 100, 1000, 5000, 50000, 500000, 5000000 };
    CHECK(argc == 2);
    void *function = dlsym(RTLD_DEFAULT, argv[1]);
    CHECK(function != NULL);
    if (is(argv[1], "__libc_mallinfo")) {
        check_mallinfo(function);
    } else if (is(argv[1], "__libc_mallopt")) {
        // From now on blocks of 100 KiB have mappings, but for the one that the heap still has room for.
        CHECK(((int (*)(int, int))function)(M_MMAP_THRESHOLD, 64 * 1024) == 1);
        enum { COUNT = 8 };
        char *blocks[COUNT];
        size_t before = mallinfo2().hblks;
        for (int i = 0; i < COUNT; i++)
            CHECK((blocks[i] = malloc(100 * KIB)) != NULL);
        CHECK(mallinfo2().hblks >= before + COUNT - 1);
        for (int i = 0; i < COUNT; i++)
            free(blocks[i]);
    } else {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            check_size(argv[1], function, sizes[i]);
    }
    return 0;
}
