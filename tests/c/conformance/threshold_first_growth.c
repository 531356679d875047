// shows: thresholds: the break moves by a block and a pad of 128 KiB
// The first block takes the break up by 128 KiB and what it needs itself, and growing later does so again;
// mallinfo2 shows the same number of bytes as the break.
#include "../settings.h"

int main(void)
{
    char *start = sbrk(0);
    // What was already there: the first block may have come before main.
    bool is_first = mallinfo2().arena == 0;
    CHECK(malloc(100) != NULL);
    size_t first = (size_t)((char *)sbrk(0) - start);
    if (is_first)
        CHECK_AT(first >= 128 * KIB && first <= 128 * KIB + 192 * KIB, first);
    exhaust_top();
    size_t before = mallinfo2().arena;
    size_t growth = growth_for(10000);
    CHECK_AT(growth >= 128 * KIB - 64 * KIB && growth <= 128 * KIB + 80 * KIB, growth);
    CHECK_AT(mallinfo2().arena == before + growth, growth);
    return 0;
}
