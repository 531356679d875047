// A set of blocks resized at random through all size ranges keeps its contents.
// shows: functions: realloc, contents kept through all size ranges
#include "check.h"

int main(void)
{
    enum { COUNT = 40, STEPS = 6000 };
    static char *blocks[COUNT];
    static size_t sizes[COUNT];
    uint64_t state = 88172645463325252ULL;
    for (int step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)(next_random(&state) % COUNT);
        size_t range = (size_t)16 << (next_random(&state) % 16);
        size_t size = 1 + (size_t)next_random(&state) % range;
        char *resized = realloc(blocks[i], size);
        CHECK_AT(resized != NULL, size);
        size_t kept = sizes[i] < size ? sizes[i] : size;
        CHECK_AT(holds(resized, kept, i), size);
        size_t usable = malloc_usable_size(resized);
        CHECK_AT(usable >= size, size);
        // Every usable byte is written, and so must come through the next call.
        fill(resized, usable, i);
        blocks[i] = resized;
        sizes[i] = usable;
    }
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(blocks[i] == NULL || holds(blocks[i], sizes[i], i));
        free(blocks[i]);
    }
    return 0;
}
