// shows: thresholds: a freed mapped block raises the mmap threshold to exactly its size
// shows: thresholds: the trim threshold becomes twice the mmap threshold
// The threshold after freeing a mapped block of S bytes (its whole mapping) is S: a request whose chunk
// has S bytes is mapped, the next smaller one comes from the heap. Freeing a smaller mapped block changes
// nothing. The break then falls when 2 S are free at the heap's end.
#include "../settings.h"

// The size of the mapping that a freed block of `size` bytes had.
static size_t raise_by(size_t size)
{
    size_t before = mallinfo2().hblkhd;
    char *block = malloc(size);
    CHECK(block != NULL);
    block[0] = 1;
    size_t mapping = mallinfo2().hblkhd - before;
    CHECK_AT(mapping >= size && mapping <= size + 3 * (size_t)getpagesize(), mapping);
    free(block);
    CHECK(mallinfo2().hblkhd == before);
    return mapping;
}

// A chunk has 8 bytes more than what is asked for, rounded up to 16.
static void check_threshold(size_t threshold)
{
    CHECK_AT(is_mapped_request(threshold - 8), threshold);
    CHECK_AT(is_mapped_request(threshold - 23), threshold);
    CHECK_AT(!is_mapped_request(threshold - 24), threshold);
}

static void initial(void *unused)
{
    (void)unused;
    exhaust_top();
    check_threshold(128 * KIB);
}

static void after_one(void *argument)
{
    size_t threshold = raise_by(*(size_t *)argument);
    exhaust_top();
    check_threshold(threshold);
}


static void earlier_smaller_ones(void *unused)
{
    (void)unused;
    char *small = malloc(300 * KIB), *larger = malloc(700 * KIB);
    CHECK(small != NULL && larger != NULL && mapped_chunks() == 2);
    size_t threshold = raise_by(2 * MIB);
    free(small);
    free(larger);
    CHECK(mapped_chunks() == 0);
    exhaust_top();
    check_threshold(threshold);
}

// The rule looks at nothing larger than 32 MiB. (At exactly 32 MiB glibc compares flag bits as well.)
static void up_to_32_mib(void *unused)
{
    (void)unused;
    size_t page = (size_t)getpagesize();
    size_t low = raise_by(MIB);
    CHECK(raise_by(32 * MIB) > 32 * MIB);
    CHECK(raise_by(40 * MIB) > 32 * MIB);
    exhaust_top();
    check_threshold(low);
    CHECK(raise_by(32 * MIB - page - 64) == 32 * MIB - page);
    exhaust_top();
    check_threshold(32 * MIB - page);
}

static void trim_threshold(void *argument)
{
    size_t threshold = raise_by(*(size_t *)argument);
    size_t fell_at = top_when_break_falls(100);
    CHECK_AT(fell_at >= 2 * threshold, fell_at);
    CHECK_AT(fell_at <= 2 * threshold + 192 * KIB, fell_at);
}

int main(void)
{
    in_child(initial, NULL);
    static size_t sizes[] = { 200 * KIB, 140 * KIB, MIB, 5 * MIB + 12345, 31 * MIB };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        in_child(after_one, &sizes[i]);
    in_child(earlier_smaller_ones, NULL);
    in_child(up_to_32_mib, NULL);
    static size_t for_trim[] = { 600 * KIB, MIB, 2 * MIB };
    for (size_t i = 0; i < 3; i++)
        in_child(trim_threshold, &for_trim[i]);
    return 0;
}
