// What a program needs whose blocks all have one size, and later all another: whether the memory of one size
// can be used for the next. A hundredth after the other, blocks chosen at random give way to new ones.
#include "memory.h"

enum { STEPS = 100 };

static const size_t sizes[] = {48, 56, 72, 96, 128, 176, 240, 336, 480, 640, 900, 1400, 48};
enum { PHASES = sizeof sizes / sizeof *sizes };

static void live_is(const struct blocks *old, const struct blocks *new) { live_bytes = old->bytes + new->bytes; }

// Replaces all the old blocks, and leaves the table of old ones empty.
static void one_phase(struct blocks *old, struct blocks *new, size_t bytes, size_t size) {
    blocks_shuffle(old);
    size_t first = old->bytes;
    for (size_t step = 1; step <= STEPS; step++) {
        while (old->count && old->bytes > first - first * step / STEPS) blocks_drop(old, old->count - 1);
        while (old->bytes + new->bytes < bytes) blocks_add(new, size);
        live_is(old, new);
        if (step == STEPS / 2 || step == STEPS) mark("steady");
    }
}

static void sizes_shift(void) {
    static struct blocks tables[2];
    size_t bytes = amount << 20;
    for (unsigned i = 0; i < 2; i++) blocks_make(&tables[i], bytes / 48 + 1024, i);
    mark_start();
    for (unsigned phase = 0; phase < PHASES; phase++) {
        struct blocks *old = &tables[phase % 2], *new = &tables[(phase + 1) % 2];
        one_phase(old, new, bytes, sizes[phase]);
        checksum = checksum * 31 + new->count;
    }
    blocks_free(&tables[PHASES % 2]);
    live_bytes = 0;
    watch_idle();
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {{"sizes", sizes_shift}, {NULL, NULL}};
    return run_case(cases, count, words);
}
