// shows: mallopt: M_TRIM_THRESHOLD
// shows: thresholds: the break falls when the heap's free end has the trim threshold's size
// The break falls in the free after which the heap's end has that many free bytes, not before; -1 ends it;
// 0 makes it fall as soon as there are 64 KiB. malloc_trim lowers it in any case.
#include "../settings.h"

static void check_falls(void *argument)
{
    size_t threshold = *(size_t *)argument;
    CHECK(mallopt(M_TRIM_THRESHOLD, (int)threshold) == 1);
    CHECK(mallopt(M_TOP_PAD, 0) == 1);
    size_t fell_at = top_when_break_falls(200);
    CHECK_AT(fell_at >= threshold && fell_at <= threshold + 192 * KIB, fell_at);
    // All but a little is gone.
    CHECK_AT(mallinfo2().keepcost <= 128 * KIB, mallinfo2().keepcost);
}

static void never(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_TOP_PAD, 0) == 1);
    CHECK(top_when_break_falls(400) == NEVER);
    char *large = malloc(50 * MIB);
    CHECK(large != NULL && is_below_break(large));
    char *before = sbrk(0);
    free(large);
    CHECK(sbrk(0) == before && mallinfo2().keepcost >= 50 * MIB);
    CHECK(malloc_trim(0) == 1);
    CHECK((size_t)(before - (char *)sbrk(0)) >= 49 * MIB);
    CHECK_AT(mallinfo2().keepcost <= 128 * KIB, mallinfo2().keepcost);
}

static void not_below_64_kib(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_TRIM_THRESHOLD, 0) == 1);
    CHECK(mallopt(M_TOP_PAD, 0) == 1);
    for (size_t size = 1500; size < 60 * KIB; size += 1000) {
        char *block = malloc(size);
        CHECK(block != NULL);
        size_t top = mallinfo2().keepcost;
        char *before = sbrk(0);
        free(block);
        CHECK_AT(sbrk(0) == before || top + size + 64 >= 64 * KIB, size);
    }
    // Arenite's caches keep such blocks. What realloc cuts off joins the heap's end at once.
    int below = 0;
    for (size_t size = 20000; size < 60 * KIB; size += 500) {
        char *block = malloc(120000);
        CHECK(block != NULL && is_below_break(block));
        size_t top = mallinfo2().keepcost;
        char *before = sbrk(0);
        CHECK(realloc(block, 120000 - size) == block);
        bool is_below = top + size + 64 < 64 * KIB;
        below += is_below;
        CHECK_AT(sbrk(0) == before || !is_below, size);
        CHECK_AT(!is_below || mallinfo2().keepcost + 64 >= top + size, size);
    }
    CHECK(below > 0);
    char *block = malloc(100 * KIB);
    CHECK(block != NULL && is_below_break(block));
    char *before = sbrk(0);
    free(block);
    CHECK((char *)sbrk(0) < before);
}

// The threshold of the moment counts.
static void changed(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_TOP_PAD, 0) == 1);
    char *first = malloc(100 * KIB), *second = malloc(100 * KIB);
    CHECK(first != NULL && second != NULL && first < second);
    for (int i = 0; i < 20; i++)
        CHECK(malloc(100 * KIB) != NULL);
    char *last = malloc(120 * KIB);
    CHECK(last != NULL && is_below_break(last));
    char *before = sbrk(0);
    CHECK(mallopt(M_TRIM_THRESHOLD, 100 * (int)KIB) == 1);
    free(last);
    CHECK((char *)sbrk(0) < before);
}

int main(void)
{
    static size_t thresholds[] = { 65536, 100000, 200000, 524288, 2097152, 8 * 1024 * 1024 };
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++)
        in_child(check_falls, &thresholds[i]);
    in_child(never, NULL);
    in_child(not_below_64_kib, NULL);
    in_child(changed, NULL);
    return 0;
}
