// A walk over a heap in which every second chunk is free takes time in proportion to the number of chunks: it
// goes on where it left off, also behind a free chunk. (Starting over at each step took a hundred times as long.)
// shows: extensions: arenite_heap_walk: in linear time
// glibc: no
#include "check.h"
#include "extensions.h"

enum { BLOCKS = 100 * 1000, WALKS = 40, SECONDS = 4 };

static int count(const struct arenite_block *block, void *argument)
{
    (void)block;
    ++*(size_t *)argument;
    return 0;
}

int main(void)
{
    char **blocks = calloc(BLOCKS, sizeof *blocks);
    CHECK(blocks != NULL);
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(1040);
        CHECK(blocks[i] != NULL);
    }
    for (int odd = 0; odd < 2; odd++) {
        for (int i = odd; i < BLOCKS; i += 2)
            free(blocks[i]);
        // Of the processor's time, so that others on the machine do not count.
        struct rusage used;
        CHECK(getrusage(RUSAGE_SELF, &used) == 0);
        rlim_t limit = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + SECONDS);
        CHECK(setrlimit(RLIMIT_CPU, &(struct rlimit){limit, RLIM_INFINITY}) == 0);
        for (int i = 0; i < WALKS; i++) {
            size_t seen = 0;
            CHECK(arenite_heap_walk(count, &seen) == 0);
            CHECK_AT(seen >= BLOCKS, seen);
        }
        for (int i = odd; i < BLOCKS; i += 2)
            CHECK((blocks[i] = malloc(1040)) != NULL);
    }
    return 0;
}
