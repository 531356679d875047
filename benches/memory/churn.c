// What a program needs that runs for long: as many bytes are live all the time, but every block is replaced
// sooner or later, and sizes drift from small to large and back.
#include "memory.h"

enum {
    TICKS_A_SECOND = 100,
    PERIOD_SECONDS = 60,  // of the drift; the whole time if that is shorter
    MARKS = 100,          // in the whole time
    SECONDS_A_ROUND = 4,  // in which as many bytes are replaced as are live
    LARGE_ONE_OF = 4000,
    TEAM = 4,
};

static struct blocks tables[TEAM];
static unsigned parts;
static size_t tick, ticks, bytes_of_table, bytes_a_tick;

// The logarithm of the middle size, in 256ths of a doubling: from 64 to 512 bytes and back.
static size_t middle(void) {
    size_t period = (seconds_given < PERIOD_SECONDS ? seconds_given : PERIOD_SECONDS) * TICKS_A_SECOND;
    size_t at = tick % period * 2;
    size_t rise = at < period ? at : 2 * period - at;
    return 6 * 256 + 3 * 256 * rise / period;
}

// From a quarter of the middle size to four times as much; some blocks are buffers of 16 to 256 KiB.
static size_t drifting_size(struct generator *random) {
    if (random_below(random, LARGE_ONE_OF) == 0) return random_size(random, 14, 18);
    size_t log = middle() - 512 + random_below(random, 1024);
    return ((256 + log % 256) << (log / 256)) >> 8;
}

static void fill_up(struct blocks *blocks) {
    while (blocks->bytes < bytes_of_table) blocks_add(blocks, drifting_size(&blocks->random));
}

// A thread has another table at each tick, so that most blocks are freed by another thread than allocated them.
static void one_tick(unsigned number) {
    struct blocks *blocks = &tables[(number + tick) % parts];
    for (size_t replaced = 0; replaced < bytes_a_tick;) {
        size_t before = blocks->bytes;
        blocks_drop(blocks, random_below(&blocks->random, blocks->count));
        replaced += before - blocks->bytes;
        fill_up(blocks);
    }
}

static void sum_up(void) {
    live_bytes = 0;
    for (unsigned i = 0; i < parts; i++) live_bytes += tables[i].bytes;
}

static void prepare(unsigned count) {
    parts = count;
    if (seconds_given == 0) fail("for how long?");
    ticks = seconds_given * TICKS_A_SECOND;
    bytes_of_table = (amount << 20) / parts;
    // A run that is short replaces more, or it would show nothing.
    bytes_a_tick = bytes_of_table / TICKS_A_SECOND / (seconds_given < PERIOD_SECONDS ? 1 : SECONDS_A_ROUND);
    for (unsigned i = 0; i < parts; i++) blocks_make(&tables[i], bytes_of_table / 48 + 1024, i);
}

static void churn(void (*everyone)(void (*work)(unsigned number))) {
    double began = seconds_now();
    for (tick = 0; tick < ticks; tick++) {
        everyone(one_tick);
        sum_up();
        if ((tick + 1) % (ticks / MARKS) == 0) mark("steady");
        sleep_until(began + 1e-3 * second_ms * (double)(tick + 1) / TICKS_A_SECOND);
    }
    for (unsigned i = 0; i < parts; i++) checksum = checksum * 31 + tables[i].count;
    for (unsigned i = 0; i < parts; i++) blocks_free(&tables[i]);
    live_bytes = 0;
    watch_idle();
}

static void alone(void (*work)(unsigned number)) { work(0); }

static void one_thread(void) {
    prepare(1);
    mark_start();
    fill_up(&tables[0]);
    churn(alone);
}

static void fill_own(unsigned number) { fill_up(&tables[number]); }

static void four_threads(void) {
    prepare(TEAM);
    team_start(TEAM);
    mark_start();
    team_do(fill_own);
    churn(team_do);
    team_end();
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {{"one", one_thread}, {"threads", four_threads}, {NULL, NULL}};
    return run_case(cases, count, words);
}
