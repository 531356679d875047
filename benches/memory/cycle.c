// What a server has between two times at which much is to be done: four threads that stay alive, five
// peaks, and two seconds without work after each, in which one block of twenty is still live.
#include "memory.h"

enum { THREADS = 4, CYCLES = 5, KEEP_ONE_OF = 20, BUFFER_ONE_OF = 1000 };

static struct blocks tables[THREADS];
static unsigned cycle;

// Small blocks, and some buffers of 16 to 256 KiB.
static void fill(unsigned number) {
    struct blocks *blocks = &tables[(number + cycle) % THREADS];
    while (blocks->bytes < (amount << 20) / THREADS) {
        bool is_buffer = random_below(&blocks->random, BUFFER_ONE_OF) == 0;
        blocks_add(blocks, is_buffer ? random_size(&blocks->random, 14, 18) : small_size(&blocks->random));
    }
}

static void thin(unsigned number) { blocks_thin(&tables[(number + cycle) % THREADS], KEEP_ONE_OF); }

static void sum_up(void) {
    live_bytes = 0;
    for (unsigned i = 0; i < THREADS; i++) live_bytes += tables[i].bytes;
}

static void server(void) {
    for (unsigned i = 0; i < THREADS; i++) blocks_make(&tables[i], small_capacity((amount << 20) / THREADS), i);
    team_start(THREADS);
    mark_start();
    for (cycle = 0; cycle < CYCLES; cycle++) {
        team_do(fill);
        sum_up();
        mark("steady");
        for (unsigned i = 0; i < THREADS; i++) checksum = checksum * 31 + tables[i].count;
        team_do(thin);
        sum_up();
        sleep_until(in_seconds(2));
        mark("idle");
    }
    for (unsigned i = 0; i < THREADS; i++) blocks_free(&tables[i]);
    live_bytes = 0;
    watch_idle();
    team_end();
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {{"server", server}, {NULL, NULL}};
    return run_case(cases, count, words);
}
