// shows: mallopt: M_MMAP_THRESHOLD
// The size from which blocks are mapped, exactly: the chunk, which is 8 bytes more than the request rounded
// up to 16, has the threshold's size or more. It can be lower and higher than the default, also higher than
// 32 MiB (refused in glibc up to 2.34); -1 ends mappings altogether. It can be changed again. Arenite rounds
// requests of up to 64 KiB to size classes, but not those that this would take to the threshold.
#include "../settings.h"

static void check_threshold(size_t threshold)
{
    exhaust_top();
    CHECK_AT(!is_mapped_request(threshold - 24), threshold);
    exhaust_top();
    CHECK_AT(is_mapped_request(threshold - 23), threshold);
    CHECK_AT(is_mapped_request(threshold), threshold);
    CHECK_AT(is_mapped_request(threshold + 12345), threshold);
}

static void set_and_check(void *argument)
{
    size_t threshold = *(size_t *)argument;
    CHECK(mallopt(M_MMAP_THRESHOLD, (int)threshold) == 1);
    check_threshold(threshold);
}

// All requests between a smaller size class and the threshold.
static void just_below(void *argument)
{
    size_t threshold = *(size_t *)argument, class = threshold / 8 * 7;
    CHECK(mallopt(M_MMAP_THRESHOLD, (int)threshold) == 1);
    for (size_t size = class; size <= threshold - 24; size += 8) {
        exhaust_top();
        char *block = malloc(size);
        CHECK_AT(block != NULL && mapped_chunks() == 0 && is_below_break(block), size);
    }
    exhaust_top();
    char *block = malloc(threshold - 24);
    // The whole of its chunk, which is as large as can be.
    CHECK_AT(block != NULL && malloc_usable_size(block) == threshold - 24, threshold);
}

static void several_times(void *unused)
{
    (void)unused;
    for (size_t threshold = 4 * MIB; threshold >= 64 * KIB; threshold /= 2) {
        CHECK(mallopt(M_MMAP_THRESHOLD, (int)threshold) == 1);
        check_threshold(threshold);
    }
    CHECK(mallopt(M_MMAP_THRESHOLD, 3 * (int)MIB) == 1);
    check_threshold(3 * MIB);
}

static void no_mappings(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_MMAP_THRESHOLD, -1) == 1);
    for (size_t size = MIB; size <= 64 * MIB; size *= 4)
        CHECK_AT(!is_mapped_request(size), size);
    CHECK(mapped_chunks() == 0);
}

// What an aligned block takes beside its bytes counts, and nothing else.
static void aligned(void *unused)
{
    (void)unused;
    CHECK(memalign(64 * KIB, 62000) != NULL && mapped_chunks() == 0);
    CHECK(mallopt(M_MMAP_THRESHOLD, 65600) == 1);
    CHECK(memalign(64, 62000) != NULL && mapped_chunks() == 0);
}

int main(void)
{
    in_child(aligned, NULL);
    static size_t thresholds[] = { 40000, 65536, 100000, 262144, 1000000, 8388608, 41943040 };
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++)
        in_child(set_and_check, &thresholds[i]);
    static size_t cached[] = { 2048, 20000, 40000, 65536, 65552, 65568 };
    for (size_t i = 0; i < sizeof cached / sizeof *cached; i++)
        in_child(just_below, &cached[i]);
    in_child(several_times, NULL);
    in_child(no_mappings, NULL);
    return 0;
}
