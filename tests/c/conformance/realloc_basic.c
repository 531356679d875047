// realloc(NULL, n) is malloc(n); realloc(p, 0) frees, returns NULL and leaves errno alone; the same
// size gives the same pointer; contents are kept up to the smaller size.
// shows: functions: realloc, NULL and size 0 and the same size
#include "check.h"

int main(void)
{
    static const size_t sizes[] = { 0, 1, 8, 15, 16, 17, 24, 25, 100, 500, 1000, 1024, 1025, 2000, 4096,
                                    5000, 10000, 32768, 33000, 65536, 70000, 131000, 140000, 1 << 20, 5 << 20 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    for (size_t i = 0; i < COUNT; i++) {
        char *block = realloc(NULL, sizes[i]);
        CHECK_AT(block != NULL, sizes[i]);
        CHECK_AT(malloc_usable_size(block) >= sizes[i], sizes[i]);
        fill(block, sizes[i], 3);
        if (sizes[i] != 0) {
            CHECK_AT(realloc(block, sizes[i]) == block, sizes[i]);
            CHECK_AT(holds(block, sizes[i], 3), sizes[i]);
        }
        errno = 55;
        CHECK_AT(realloc(block, 0) == NULL, sizes[i]);
        CHECK_AT(errno == 55, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            if (sizes[j] == 0)
                continue;
            size_t kept = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
            char *block = malloc(sizes[i]);
            CHECK(block != NULL);
            fill(block, sizes[i], (unsigned)(i * COUNT + j));
            char *resized = realloc(block, sizes[j]);
            CHECK(resized != NULL);
            CHECK(is_aligned(resized, 16));
            CHECK(malloc_usable_size(resized) >= sizes[j]);
            CHECK_AT(holds(resized, kept, (unsigned)(i * COUNT + j)), sizes[i]);
            fill(resized, sizes[j], 9);
            free(resized);
        }
    // realloc(p, 0) is a real free: repeated, it does not use memory up.
    long before = rss_kb();
    for (int i = 0; i < 2000; i++) {
        char *block = malloc(100 * KIB);
        CHECK(block != NULL);
        memset(block, 1, 100 * KIB);
        CHECK(realloc(block, 0) == NULL);
    }
    CHECK(rss_kb() - before < 16 * 1024);
    return 0;
}
