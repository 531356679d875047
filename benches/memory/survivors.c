// What is given back when one block of a hundred stays, scattered over the whole heap, so that most pages
// are free but few larger things are.
#include "memory.h"

enum { THREADS = 4, KEEP_ONE_OF = 100 };

static struct blocks blocks[THREADS];
static unsigned parts;

static void fill(unsigned number) { blocks_fill(&blocks[number], (amount << 20) / parts); }

static void thin(unsigned number) { blocks_thin(&blocks[number], KEEP_ONE_OF); }

static void make_tables(unsigned count) {
    parts = count;
    for (unsigned i = 0; i < parts; i++) blocks_make(&blocks[i], small_capacity((amount << 20) / parts), i);
}

static void sum_up(void) {
    live_bytes = 0;
    for (unsigned i = 0; i < parts; i++) checksum = checksum * 31 + blocks[i].bytes, live_bytes += blocks[i].bytes;
}

static void one_thread(void) {
    make_tables(1);
    mark_start();
    fill(0);
    sum_up();
    mark("peak");
    thin(0);
    sum_up();
    watch_idle();
    blocks_free(&blocks[0]);
}

static void four_threads(void) {
    make_tables(THREADS);
    team_start(THREADS);
    mark_start();
    team_do(fill);
    sum_up();
    mark("peak");
    team_do(thin);
    sum_up();
    watch_idle();
    for (unsigned i = 0; i < parts; i++) blocks_free(&blocks[i]);
    team_end();
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {{"one", one_thread}, {"threads", four_threads}, {NULL, NULL}};
    return run_case(cases, count, words);
}
