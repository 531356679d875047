// Many live blocks of random sizes neither overlap nor change while others come and go.
// shows: functions: malloc, many live blocks keep their contents
#include "check.h"

int main(void)
{
    enum { LIVE = 6000, STEPS = 150000 };
    static char *blocks[LIVE];
    static size_t sizes[LIVE];
    uint64_t state = 0x9e3779b97f4a7c15ULL;
    for (int step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)(next_random(&state) % LIVE);
        if (blocks[i] != NULL) {
            CHECK_AT(holds_sparsely(blocks[i], sizes[i], i), sizes[i]);
            free(blocks[i]);
        }
        sizes[i] = random_size(&state);
        blocks[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        fill_sparsely(blocks[i], sizes[i], i);
    }
    for (unsigned i = 0; i < LIVE; i++) {
        CHECK(blocks[i] == NULL || holds_sparsely(blocks[i], sizes[i], i));
        free(blocks[i]);
    }
    return 0;
}
