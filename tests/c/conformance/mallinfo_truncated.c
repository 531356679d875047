// mallinfo is mallinfo2 in ints, cut off: with more than 4 GiB in mappings, which are not touched, hblkhd of
// mallinfo2 has all of it, and mallinfo's the lower 32 bits.
// shows: mallinfo2: values above 4 GiB
// shows: functions: mallinfo is mallinfo2 truncated to int
#include "check.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void compare(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo cut = mallinfo();
    CHECK(cut.arena == (int)wide.arena);
    CHECK(cut.ordblks == (int)wide.ordblks);
    CHECK(cut.smblks == (int)wide.smblks);
    CHECK(cut.hblks == (int)wide.hblks);
    CHECK(cut.hblkhd == (int)wide.hblkhd);
    CHECK(cut.usmblks == (int)wide.usmblks);
    CHECK(cut.fsmblks == (int)wide.fsmblks);
    CHECK(cut.uordblks == (int)wide.uordblks);
    CHECK(cut.fordblks == (int)wide.fordblks);
    CHECK(cut.keepcost == (int)wide.keepcost);
}

int main(void)
{
    compare();
    char *kept[300];
    for (int i = 0; i < 300; i++)
        CHECK((kept[i] = malloc((size_t)i * 200)) != NULL);
    for (int i = 0; i < 300; i += 3)
        free(kept[i]);
    compare();
    char *mapped[11];
    for (size_t i = 0; i < 11; i++) {
        mapped[i] = malloc(512 * MIB - 4096);
        CHECK_AT(mapped[i] != NULL, i);
        CHECK_AT(mallinfo2().hblkhd == (i + 1) * 512 * MIB, mallinfo2().hblkhd);
        compare();
    }
    struct mallinfo cut = mallinfo();
    CHECK(mallinfo2().hblkhd == 5632 * MIB && cut.hblkhd == 1536 << 20);
    for (int i = 0; i < 11; i++)
        free(mapped[i]);
    CHECK(mallinfo2().hblkhd == 0);
    return 0;
}
