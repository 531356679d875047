// A mapping right after the break, so that it cannot grow: allocation goes on from mappings, and
// freed memory of those is given back or used again.
// shows: thresholds: a blocked break is replaced by mappings
// seconds: 30
#include "check.h"

int main(void)
{
    void *early = malloc(100);
    CHECK(early != NULL);
    size_t page = (size_t)getpagesize();
    char *wall = (char *)(((uintptr_t)sbrk(0) + page - 1) / page * page);
    CHECK(mmap(wall, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wall);
    CHECK(sbrk((intptr_t)(4 * page)) == (void *)-1);
    enum { COUNT = 4000 };
    static char *blocks[COUNT];
    static size_t sizes[COUNT];
    uint64_t state = 7;
    long start = rss_kb();
    for (int round = 0; round < 4; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            sizes[i] = i % 8 == 0 ? 60 * KIB : random_size(&state);
            blocks[i] = malloc(sizes[i]);
            CHECK(blocks[i] != NULL);
            fill(blocks[i], sizes[i], i);
        }
        for (unsigned i = 0; i < COUNT; i += 2) {
            size_t grown = sizes[i] * 2 + 1;
            blocks[i] = realloc(blocks[i], grown);
            CHECK(blocks[i] != NULL && holds(blocks[i], sizes[i], i));
        }
        for (unsigned i = 0; i < COUNT; i++) {
            CHECK(holds(blocks[i], sizes[i], i));
            free(blocks[i]);
        }
    }
    free(early);
    // All is free. What is kept, because round followed round, goes when it is not used for a while.
    for (int i = 0; i < 4 && on_arenite(); i++) {
        usleep(1100 * 1000);
        free(malloc(100 * KIB));
    }
    if (on_arenite())
        CHECK_AT(rss_kb() - start < 24 * 1024, (size_t)(rss_kb() - start));
    CHECK(sbrk(0) <= (void *)wall);
    return 0;
}
