// What is given back when four threads had the memory, which stay alive and wait for something to do.
#include "memory.h"

enum { THREADS = 4 };

static struct blocks blocks[THREADS];

static void fill(unsigned number) { blocks_fill(&blocks[number], (amount << 20) / THREADS); }

static void free_own(unsigned number) { blocks_free(&blocks[number]); }

static void fill_all(void) {
    for (unsigned i = 0; i < THREADS; i++) blocks_make(&blocks[i], small_capacity((amount << 20) / THREADS), i);
    team_start(THREADS);
    mark_start();
    team_do(fill);
    for (unsigned i = 0; i < THREADS; i++) checksum = checksum * 31 + blocks[i].bytes, live_bytes += blocks[i].bytes;
    mark("peak");
}

static void freed_by_owner(void) {
    fill_all();
    team_do(free_own);
    live_bytes = 0;
    watch_idle();
    team_end();
}

// The main thread frees what the four have allocated; they do nothing any more.
static void freed_by_other(void) {
    fill_all();
    for (unsigned i = 0; i < THREADS; i++) blocks_free(&blocks[i]);
    live_bytes = 0;
    watch_idle();
    team_end();
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {
        {"by-owner", freed_by_owner}, {"by-other", freed_by_other}, {NULL, NULL}};
    return run_case(cases, count, words);
}
