// A request above PTRDIFF_MAX, or one that the system cannot meet, gives NULL and ENOMEM from every
// function, and a block that was to be resized stays as it was.
// shows: functions: {case}, ENOMEM
// cases: malloc calloc realloc reallocarray aligned_alloc posix_memalign memalign valloc pvalloc
#include "check.h"

static bool is(const char *function, const char *name) { return strcmp(function, name) == 0; }

static void check_aligned(const char *function, size_t size)
{
    static const size_t alignments[] = { 8, 16, 32, 4096, 65536, MIB };
    for (size_t i = 0; i < sizeof alignments / sizeof *alignments; i++) {
        if (is(function, "memalign")) {
            CHECK_FAILS_WITH(memalign(alignments[i], size), ENOMEM);
        } else if (is(function, "aligned_alloc")) {
            CHECK_FAILS_WITH(aligned_alloc(alignments[i], size), ENOMEM);
        } else {
            void *untouched = &untouched;
            CHECK(posix_memalign(&untouched, alignments[i], size) == ENOMEM);
            CHECK(untouched == &untouched);
        }
    }
}

static void check_resized(const char *function, size_t size)
{
    static const size_t olds[] = { 0, 24, 1000, 5000, 60000, 200000, 3000000 };
    for (size_t i = 0; i < sizeof olds / sizeof *olds; i++) {
        char *block = malloc(olds[i]);
        CHECK(block != NULL);
        size_t usable = malloc_usable_size(block);
        fill(block, usable, 7);
        if (is(function, "realloc"))
            CHECK_FAILS_WITH(realloc(block, size), ENOMEM);
        else
            CHECK_FAILS_WITH(reallocarray(block, size, 1), ENOMEM);
        CHECK(malloc_usable_size(block) == usable);
        CHECK(holds(block, usable, 7));
        free(block);
    }
}

static void check_request(const char *function, size_t size)
{
    size = opaque_size(size);
    if (is(function, "malloc")) {
        CHECK_FAILS_WITH(malloc(size), ENOMEM);
    } else if (is(function, "calloc")) {
        CHECK_FAILS_WITH(calloc(1, size), ENOMEM);
        CHECK_FAILS_WITH(calloc(size, 1), ENOMEM);
    } else if (is(function, "valloc")) {
        CHECK_FAILS_WITH(valloc(size), ENOMEM);
    } else if (is(function, "pvalloc")) {
        CHECK_FAILS_WITH(pvalloc(size), ENOMEM);
    } else if (is(function, "realloc")) {
        CHECK_FAILS_WITH(realloc(NULL, size), ENOMEM);
        check_resized(function, size);
    } else if (is(function, "reallocarray")) {
        CHECK_FAILS_WITH(reallocarray(NULL, size, 1), ENOMEM);
        CHECK_FAILS_WITH(reallocarray(NULL, 1, size), ENOMEM);
        check_resized(function, size);
    } else {
        check_aligned(function, size);
    }
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {
        SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 7, SIZE_MAX - 15, SIZE_MAX - 16, SIZE_MAX - 31,
        SIZE_MAX - 4095, SIZE_MAX - 4096, SIZE_MAX - 65535, SIZE_MAX - 65536, SIZE_MAX - MIB,
        (size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 2, (size_t)PTRDIFF_MAX + 4097,
        // Not above PTRDIFF_MAX, but above it once padded, or above what can be mapped.
        PTRDIFF_MAX, PTRDIFF_MAX - 15, PTRDIFF_MAX - 4096, PTRDIFF_MAX - 65536,
        (size_t)1 << 62, (size_t)1 << 48, (size_t)1 << 47,
    };
    CHECK(argc == 2);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_request(argv[1], sizes[i]);
    // And all goes on as before.
    void *block = malloc(100);
    CHECK(block != NULL);
    free(block);
    return 0;
}
