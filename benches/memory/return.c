// What a single thread gives back when it has freed all it had, and does nothing then or little.
#include "memory.h"

static struct blocks blocks;

static void fill_small(void) {
    size_t bytes = amount << 20;
    blocks_make(&blocks, small_capacity(bytes), 1);
    mark_start();
    blocks_fill(&blocks, bytes);
    checksum = blocks.bytes;
    live_bytes = blocks.bytes;
    mark("peak");
}

static void free_all(void) {
    blocks_free(&blocks);
    live_bytes = 0;
}

static void in_order(void) {
    fill_small();
    free_all();
    watch_idle();
}

static void shuffled(void) {
    fill_small();
    blocks_shuffle(&blocks);
    free_all();
    watch_idle();
}

// From 16 bytes to 1 MiB, each doubling with as many bytes as the others: 192 bytes on average.
static size_t mixed_size(void) {
    unsigned doubling = 4 + (unsigned)__builtin_ctzll(random_next(&blocks.random) | 1u << 15);
    return ((size_t)1 << doubling) + random_below(&blocks.random, (uint64_t)1 << doubling);
}

static void mixed(void) {
    size_t bytes = amount << 20;
    blocks_make(&blocks, bytes / 128 + 1024, 2);
    mark_start();
    while (blocks.bytes < bytes) blocks_add(&blocks, mixed_size());
    checksum = blocks.bytes;
    live_bytes = blocks.bytes;
    mark("peak");
    blocks_shuffle(&blocks);
    free_all();
    watch_idle();
}

// Every 10 ms some blocks come and go.
static void light_activity_until(double end) {
    enum { BLOCKS = 32 };
    static void *few[BLOCKS];
    while (seconds_now() < end) {
        for (int i = 0; i < BLOCKS; i++) few[i] = block_new(small_size(&blocks.random));
        for (int i = 0; i < BLOCKS; i++) block_free(few[i]);
        sleep_until(in_seconds(0.01));
    }
}

static void light(void) {
    fill_small();
    free_all();
    double freed = seconds_now();
    mark("freed");
    light_activity_until(freed + 1e-3 * second_ms);
    mark("1s");
    light_activity_until(freed + 5e-3 * second_ms);
    mark("5s");
    light_activity_until(freed + 15e-3 * second_ms);
    mark("15s");
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {
        {"in-order", in_order}, {"shuffled", shuffled}, {"mixed", mixed}, {"light", light}, {NULL, NULL}};
    return run_case(cases, count, words);
}
