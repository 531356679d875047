// free_sized and free_aligned_sized (C23; in glibc since 2.43) free what they are given, whatever size and
// alignment they are told, and keep errno.
// glibc: no
// shows: functions: free_sized
// shows: functions: free_aligned_sized
#include "check.h"
#include <dlfcn.h>

int main(void)
{
    void (*free_sized)(void *, size_t) = dlsym(RTLD_DEFAULT, "free_sized");
    void (*free_aligned_sized)(void *, size_t, size_t) = dlsym(RTLD_DEFAULT, "free_aligned_sized");
    CHECK(free_sized != NULL && free_aligned_sized != NULL);
    static const size_t sizes[] = { 0, 1, 24, 100, 1024, 5000, 40000, 100000, 300000, 40 << 20 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    size_t before = mallinfo2().hblks;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            errno = 31;
            free_sized(malloc(sizes[i]), sizes[j]);
            free_sized(calloc(1, sizes[i]), SIZE_MAX);
            free_aligned_sized(aligned_alloc(256, sizes[i]), sizes[j], sizes[j]);
            free_aligned_sized(memalign(4096, sizes[i]), 0, SIZE_MAX);
            CHECK_AT(errno == 31, sizes[i]);
            CHECK(mallinfo2().hblks == before);
        }
    free_sized(NULL, 100);
    free_aligned_sized(NULL, 16, 100);
    // Memory given back this way is used again.
    long rss = rss_kb();
    for (int i = 0; i < 3000; i++) {
        char *block = malloc(60 * KIB);
        CHECK(block != NULL);
        memset(block, 1, 60 * KIB);
        free_sized(block, 60 * KIB);
    }
    CHECK(rss_kb() - rss < 8 * 1024);
    return 0;
}
