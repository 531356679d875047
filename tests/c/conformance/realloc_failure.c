// When realloc fails for want of memory the block stays intact, can be used, resized and freed.
// shows: functions: realloc, the block stays when it fails
#include "check.h"

int main(void)
{
    static const size_t sizes[] = { 24, 1000, 5000, 60000, 200000, 2 << 20 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], sizes[i], (unsigned)i);
    }
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    struct rlimit tight = limit;
    tight.rlim_cur = ((rlim_t)vmsize_kb() + 32 * 1024) * 1024;
    CHECK(setrlimit(RLIMIT_AS, &tight) == 0);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_FAILS_WITH(realloc(blocks[i], 400 * MIB), ENOMEM);
        CHECK_FAILS_WITH(reallocarray(blocks[i], 400, MIB), ENOMEM);
        CHECK_AT(malloc_usable_size(blocks[i]) >= sizes[i], sizes[i]);
        CHECK_AT(holds(blocks[i], sizes[i], (unsigned)i), sizes[i]);
        char *resized = realloc(blocks[i], sizes[i] * 2);
        CHECK_AT(resized != NULL, sizes[i]);
        CHECK_AT(holds(resized, sizes[i], (unsigned)i), sizes[i]);
        blocks[i] = resized;
    }
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    for (size_t i = 0; i < COUNT; i++)
        free(blocks[i]);
    return 0;
}
