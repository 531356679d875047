// What threads cost: many that come and go, one by one or eight at a time, and many that stay and do nothing
// after they have used blocks of twenty sizes.
#include "memory.h"

enum { SIZES = 20, OF_EACH_SIZE = 10, AT_A_TIME = 8 };

// From 16 to 2,960 bytes, each about a quarter above the one before.
static size_t size_number(unsigned index) {
    size_t size = 16;
    while (index--) size = (size * 5 / 4 + 15) / 16 * 16;
    return size;
}

static void use_all_sizes(unsigned number) {
    (void)number;
    void *blocks[SIZES * OF_EACH_SIZE];
    for (unsigned i = 0; i < SIZES * OF_EACH_SIZE; i++) blocks[i] = block_new(size_number(i % SIZES));
    for (unsigned i = 0; i < SIZES * OF_EACH_SIZE; i++) block_free(blocks[i]);
}

static void *brief_body(void *argument) {
    use_all_sizes(0);
    return argument;
}

static void one_wave(unsigned threads) {
    pthread_t running[AT_A_TIME];
    pthread_attr_t attributes;
    small_stacks(&attributes);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&running[i], &attributes, brief_body, NULL)) fail("cannot create a thread");
    for (unsigned i = 0; i < threads; i++) pthread_join(running[i], NULL);
}

static void brief(unsigned at_a_time) {
    mark_start();
    one_wave(at_a_time);
    mark("first");
    for (size_t done = at_a_time; done < amount; done += at_a_time) one_wave(at_a_time);
    checksum = amount;
    mark("last");
    sleep_until(in_seconds(1));
    mark("1s");
}

static void one_by_one(void) { brief(1); }

static void eight_at_a_time(void) { brief(AT_A_TIME); }

static void idle(void) {
    mark_start();
    team_start((unsigned)amount);
    mark("threads");
    team_do(use_all_sizes);
    checksum = amount;
    watch_idle();
    team_end();
    mark("ended");
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {
        {"one-by-one", one_by_one}, {"eight", eight_at_a_time}, {"idle", idle}, {NULL, NULL}};
    return run_case(cases, count, words);
}
