// 20 MB are allocated and all freed, over and over, first in quick cycles and then with pauses and malloc_trim in
// between: contents are right, and those of calloc zero, whether the memory was given back meanwhile or not. Once it
// is known that it is taken again at once it stays, so that quick cycles cost few page faults.
// glibc: no
// cases: small medium large mixed
// shows: memory: what is taken again at once is kept: {case}
// shows: functions: calloc, in memory that came back from the system
#include "resident.h"

enum { TOTAL = 20 * 1024 * 1024, WARM_UP = 10, CYCLES = 20, SLOW_CYCLES = 6, MOST_BLOCKS = 200 * 1000 };

static const char *kind;
static struct blocks blocks;

static void fill_table(void)
{
    if (strcmp(kind, "small") == 0)
        blocks_fill(&blocks, 16, 1024, TOTAL);
    else if (strcmp(kind, "medium") == 0)
        blocks_fill(&blocks, 1025, 64 * KIB, TOTAL);
    else if (strcmp(kind, "large") == 0)
        blocks_fill(&blocks, 64 * KIB, MIB, TOTAL);
    else
        blocks_fill_mixed(&blocks, TOTAL);
}

// Every third block is replaced by one of calloc.
static void replace_by_zeros(void)
{
    for (size_t i = 0; i < blocks.count; i += 3) {
        struct one *one = &blocks.all[i];
        free(one->at);
        one->at = calloc(1, one->size);
        CHECK_AT(one->at != NULL && is_zero(one->at, one->size), one->size);
        write_pattern(one->at, one->size, one->seed);
    }
}

// All blocks are of calloc.
static void fill_with_zeros(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct one *one = &blocks.all[i];
        one->at = calloc(1, one->size);
        CHECK_AT(one->at != NULL && is_zero(one->at, one->size), one->size);
        write_pattern(one->at, one->size, one->seed);
        blocks.bytes += one->size;
    }
    blocks.count = count;
}

static void cycle(int number)
{
    if (number % 2 == 0)
        fill_table();
    else
        // The same sizes as in the cycle before.
        fill_with_zeros(blocks.capacity);
    replace_by_zeros();
    // The next cycle knows how many there are.
    blocks.capacity = blocks.count;
    if (number % 4 < 2)
        blocks_shuffle(&blocks);
    blocks_free(&blocks);
    blocks.capacity = number % 2 == 0 ? blocks.capacity : MOST_BLOCKS;
}

int main(int argc, char **argv)
{
    kind = argc > 1 ? argv[1] : "small";
    blocks_make(&blocks, MOST_BLOCKS, 3);
    long first = minor_faults();
    cycle(0);
    long of_one = minor_faults() - first;
    CHECK_AT(of_one >= TOTAL / 4096, of_one);
    for (int i = 1; i < WARM_UP; i++)
        cycle(i);
    long before = minor_faults();
    for (int i = 0; i < CYCLES; i++)
        cycle(i);
    long faults = minor_faults() - before;
    // They are a quarter of what they would be if memory came from the system each time; usually much less.
    CHECK_AT(faults <= CYCLES / 4 * of_one, faults);
    CHECK(arenite_verify() == 0);
    for (int i = 0; i < SLOW_CYCLES; i++) {
        cycle(i);
        if (i % 2 == 0)
            CHECK(malloc_trim(0) == 1 || i > 0);
        else
            sleep_ms(250);
        CHECK(arenite_verify() == 0);
    }
    return 0;
}
