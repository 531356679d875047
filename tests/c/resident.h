// Shared by the tests of what goes back to the system: what is resident, and tables of blocks that are no blocks
// themselves.
#ifndef ARENITE_TESTS_RESIDENT_H
#define ARENITE_TESTS_RESIDENT_H

#include "extensions.h"
#include <pthread.h>
#include <time.h>

// KiB of resident memory without a file behind it, counted page by page: the numbers of /proc/self/status are off by
// some hundred KiB, and those of files grow whenever a function is called for the first time.
__attribute__((unused)) static long resident_kb(void)
{
    return proc_number("/proc/self/smaps_rollup", "\nAnonymous:");
}

__attribute__((unused)) static uint64_t now_ms(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

__attribute__((unused)) static void sleep_ms(unsigned ms)
{
    struct timespec rest = { ms / 1000, (long)(ms % 1000) * 1000000 };
    while (nanosleep(&rest, &rest) != 0)
        CHECK(errno == EINTR);
}

// Memory for a table, resident from the start.
__attribute__((unused)) static void *table(size_t bytes)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    CHECK(start != MAP_FAILED);
    return start;
}

// A block and what it must hold.
struct one {
    unsigned char *at;
    unsigned size, seed;
};

struct blocks {
    struct one *all;
    size_t count, capacity, bytes;
    uint64_t random;
};

__attribute__((unused)) static void blocks_make(struct blocks *blocks, size_t capacity, unsigned seed)
{
    *blocks = (struct blocks){ table(capacity * sizeof(struct one)), 0, capacity, 0, seed * 2654435761u + 77 };
}

// Every byte is written, but only those at the ends and one in every 256 are looked at later.
static inline void write_pattern(unsigned char *at, size_t size, unsigned seed)
{
    memset(at, (int)(seed | 1), size);
    fill_sparsely(at, size, seed);
}

__attribute__((unused)) static void blocks_add(struct blocks *blocks, size_t size)
{
    CHECK(blocks->count < blocks->capacity);
    struct one one = { malloc(size), (unsigned)size, (unsigned)next_random(&blocks->random) };
    CHECK_AT(one.at != NULL, size);
    write_pattern(one.at, size, one.seed);
    blocks->all[blocks->count++] = one;
    blocks->bytes += size;
}

__attribute__((unused)) static void blocks_check(const struct blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        CHECK_AT(holds_sparsely(blocks->all[i].at, blocks->all[i].size, blocks->all[i].seed), i);
}

// Takes one out, and the last one into its place.
__attribute__((unused)) static void blocks_drop(struct blocks *blocks, size_t index)
{
    struct one one = blocks->all[index];
    CHECK_AT(holds_sparsely(one.at, one.size, one.seed), index);
    free(one.at);
    blocks->bytes -= one.size;
    blocks->all[index] = blocks->all[--blocks->count];
}

__attribute__((unused)) static void blocks_shuffle(struct blocks *blocks)
{
    for (size_t i = blocks->count; i > 1; i--) {
        size_t other = (size_t)(next_random(&blocks->random) % i);
        struct one one = blocks->all[i - 1];
        blocks->all[i - 1] = blocks->all[other];
        blocks->all[other] = one;
    }
}

// Frees all but one of every `keep_one_of`, chosen at random, in the order of the table; 0 keeps none.
__attribute__((unused)) static void blocks_thin(struct blocks *blocks, size_t keep_one_of)
{
    size_t kept = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        struct one one = blocks->all[i];
        if (keep_one_of > 0 && next_random(&blocks->random) % keep_one_of == 0) {
            blocks->all[kept++] = one;
            continue;
        }
        CHECK_AT(holds_sparsely(one.at, one.size, one.seed), i);
        free(one.at);
        blocks->bytes -= one.size;
    }
    blocks->count = kept;
}

__attribute__((unused)) static void blocks_free(struct blocks *blocks) { blocks_thin(blocks, 0); }

// All sizes between the two are as likely.
__attribute__((unused)) static void blocks_fill(struct blocks *blocks, size_t least, size_t most, size_t bytes)
{
    while (blocks->bytes < bytes)
        blocks_add(blocks, least + (size_t)next_random(&blocks->random) % (most - least + 1));
}

// From 16 bytes to 1 MiB, each doubling with as many bytes as the others.
__attribute__((unused)) static void blocks_fill_mixed(struct blocks *blocks, size_t bytes)
{
    size_t sums[16] = { 0 };
    while (blocks->bytes < bytes) {
        int least = 0;
        for (int i = 1; i < 16; i++)
            if (sums[i] < sums[least])
                least = i;
        size_t size = (size_t)16 << least;
        size += (size_t)next_random(&blocks->random) % size;
        blocks_add(blocks, size);
        sums[least] += size;
    }
}

#endif
