// realloc to a smaller size succeeds when there is no memory for anything; to the usable size it keeps
// the place, aligned blocks too.
// shows: functions: realloc, shrinking needs no memory
#include "check.h"
#include <malloc.h>

int main(void)
{
    static const size_t alignments[] = { 16, 256, 4096, 65536 };
    for (size_t i = 0; i < 4; i++) {
        for (size_t size = 1; size < 30000; size = size * 3 + 1) {
            char *block = memalign(alignments[i], size);
            CHECK(block != NULL);
            CHECK_AT(realloc(block, malloc_usable_size(block)) == block, size);
            free(block);
        }
    }
    static char *blocks[64];
    for (size_t i = 0; i < 64; i++)
        CHECK((blocks[i] = malloc(700 + i * 500)) != NULL);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = 1;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    while (malloc(100000) != NULL || malloc(3000) != NULL || malloc(100) != NULL)
        ;
    for (size_t i = 0; i < 64; i++) {
        fill(blocks[i], 90, (unsigned)i);
        blocks[i] = realloc(blocks[i], 90);
        CHECK(blocks[i] != NULL);
        CHECK(holds(blocks[i], 90, (unsigned)i));
    }
    return 0;
}
