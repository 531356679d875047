// A static program that calls the C library's other names of the functions: all of them belong to the
// same heap. (__libc_reallocarray is the library's own there, and calls realloc.)
// shows: functions: __libc_malloc
// shows: functions: __libc_calloc
// shows: functions: __libc_realloc
// shows: functions: __libc_free
// shows: functions: __libc_memalign
// shows: functions: __libc_valloc
// shows: functions: __libc_pvalloc
// shows: functions: __libc_mallopt
// shows: functions: __libc_mallinfo
// shows: functions: __libc_mallinfo2
// shows: functions: __malloc
// shows: functions: __calloc
// shows: functions: __realloc
// shows: functions: __free
// shows: functions: __memalign
// shows: functions: __posix_memalign
// shows: functions: __valloc
// shows: functions: __pvalloc
// shows: functions: __malloc_usable_size
// shows: functions: __malloc_trim
// shows: functions: __malloc_stats
// shows: functions: __malloc_info
// shows: functions: __mallopt
// shows: functions: __mallinfo
// shows: functions: __mallinfo2
// shows: static: malloc_info
// shows: static: mallopt
// shows: static: __libc_malloc and the other names of malloc.o
// link: all
#include "../check.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define SECOND_NAMES(prefix)                                                                       \
    void *prefix##malloc(size_t);                                                                  \
    void *prefix##calloc(size_t, size_t);                                                          \
    void *prefix##realloc(void *, size_t);                                                         \
    void prefix##free(void *);                                                                     \
    void *prefix##memalign(size_t, size_t);                                                        \
    void *prefix##valloc(size_t);                                                                  \
    void *prefix##pvalloc(size_t);                                                                 \
    int prefix##mallopt(int, int);                                                                 \
    struct mallinfo prefix##mallinfo(void);                                                        \
    struct mallinfo2 prefix##mallinfo2(void)

SECOND_NAMES(__libc_);
SECOND_NAMES(__);
int __posix_memalign(void **, size_t, size_t);
size_t __malloc_usable_size(void *);
int __malloc_trim(size_t);
void __malloc_stats(void);
int __malloc_info(int, FILE *);

static void check_block(char *block, size_t size, size_t alignment)
{
    CHECK(block != NULL && is_aligned(block, alignment));
    CHECK(malloc_usable_size(block) >= size && __malloc_usable_size(block) == malloc_usable_size(block));
    fill(block, size, 1);
    block = realloc(block, size + 1000);
    CHECK(block != NULL && holds(block, size, 1));
    free(block);
}

#define CHECK_ALLOCATION(prefix)                                                                   \
    do {                                                                                           \
        check_block(prefix##malloc(100), 100, 16);                                                 \
        char *zeros = prefix##calloc(10, 10);                                                      \
        CHECK(zeros != NULL && is_zero(zeros, 100));                                               \
        check_block(zeros, 100, 16);                                                               \
        check_block(prefix##realloc(malloc(10), 3000), 3000, 16);                                  \
        CHECK(prefix##realloc(malloc(10), 0) == NULL);                                             \
        prefix##free(malloc(50));                                                                  \
        prefix##free(calloc(1, 50));                                                               \
        check_block(prefix##memalign(64, 50), 50, 64);                                             \
        check_block(prefix##valloc(50), 50, (size_t)getpagesize());                                \
        check_block(prefix##pvalloc(50), (size_t)getpagesize(), (size_t)getpagesize());            \
    } while (0)

// Each mallopt moves the mmap threshold, which the next block shows; each mallinfo sees that block.
#define CHECK_CONTROL(prefix, threshold)                                                           \
    do {                                                                                           \
        CHECK(prefix##mallopt(M_MMAP_THRESHOLD, (threshold)) == 1);                                \
        char *inside = malloc((threshold) / 2), *mapped = malloc((threshold) * 2);                 \
        CHECK(inside != NULL && mapped != NULL);                                                   \
        CHECK(prefix##mallinfo().hblks == 1 && prefix##mallinfo2().hblks == 1);                    \
        CHECK(prefix##mallinfo().hblkhd >= (threshold) * 2);                                       \
        CHECK(prefix##mallinfo2().uordblks == mallinfo2().uordblks);                               \
        free(inside);                                                                              \
        free(mapped);                                                                              \
    } while (0)

int main(void)
{
    CHECK_ALLOCATION(__libc_);
    CHECK_ALLOCATION(__);
    void *block = NULL;
    CHECK(__posix_memalign(&block, 4096, 5000) == 0);
    check_block(block, 5000, 4096);
    CHECK_CONTROL(__libc_, 64 * 1024);
    CHECK_CONTROL(__, 256 * 1024);

    char *large = malloc(100000), *behind = malloc(1000);
    CHECK(large != NULL && behind != NULL);
    fill(large, 100000, 3);
    free(large);
    CHECK(__malloc_trim(0) == 1);
    free(behind);

    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    CHECK(stream != NULL && __malloc_info(0, stream) == 0 && __malloc_info(1, stream) == EINVAL);
    CHECK(fclose(stream) == 0 && strncmp(text, "<malloc version=\"1\">", 20) == 0);
    free(text);

    // malloc_stats writes to stderr, which must stay empty here.
    FILE *captured = tmpfile();
    int saved = dup(2);
    CHECK(captured != NULL && saved >= 0 && dup2(fileno(captured), 2) == 2);
    __malloc_stats();
    CHECK(dup2(saved, 2) == 2);
    char line[100] = "";
    rewind(captured);
    CHECK(fgets(line, sizeof line, captured) != NULL && strcmp(line, "Arena 0:\n") == 0);
    return 0;
}
