// Blocks of one size give way to blocks of another in random order, and these to a third, in twelve phases, while as
// many bytes live all the time: no more than 2.6 times that is resident at the end, and hardly anything when all
// blocks are freed.
// glibc: no
// shows: memory: sizes may shift
#include "resident.h"

enum { LIVE = 48 * 1024 * 1024, STEPS = 100 };

static const size_t sizes[] = { 48, 56, 72, 96, 128, 176, 240, 336, 480, 640, 900, 1400, 48 };

int main(void)
{
    enum { PHASES = sizeof sizes / sizeof *sizes };
    static struct blocks tables[2];
    for (unsigned i = 0; i < 2; i++)
        blocks_make(&tables[i], LIVE / 48 + 1024, i);
    free(opaque(malloc(100)));
    resident_kb();
    long start = resident_kb();
    for (unsigned phase = 0; phase < PHASES; phase++) {
        struct blocks *old = &tables[phase % 2], *new = &tables[(phase + 1) % 2];
        blocks_shuffle(old);
        size_t first = old->bytes;
        for (size_t step = 1; step <= STEPS; step++) {
            while (old->count > 0 && old->bytes > first - first * step / STEPS)
                blocks_drop(old, old->count - 1);
            while (old->bytes + new->bytes < LIVE)
                blocks_add(new, sizes[phase]);
        }
        CHECK(old->count == 0);
        long resident = resident_kb() - start;
        CHECK_AT(resident <= LIVE / 1024 * 3, resident);
        CHECK(arenite_verify() == 0);
    }
    struct blocks *last = &tables[PHASES % 2];
    long resident = resident_kb() - start;
    CHECK_AT(resident <= LIVE / 1024 / 10 * 26, resident);
    blocks_check(last);
    blocks_shuffle(last);
    // What was taken again at once during the phases would be kept for a while; this forgets it.
    malloc_trim(0);
    blocks_free(last);
    CHECK(arenite_verify() == 0);
    long left = resident_kb() - start;
    CHECK_AT(left <= 1024, left);
    return 0;
}
