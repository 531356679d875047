// The program moves the break, too, between allocations: its memory and the blocks stay apart, also
// when everything is freed and when the program gives its last piece back.
// shows: thresholds: the program may move the break itself
#include "check.h"

int main(void)
{
    enum { COUNT = 300 };
    static char *blocks[COUNT];
    static char *foreign[COUNT];
    static size_t sizes[COUNT];
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            sizes[i] = i % 4 == 0 ? 100 * KIB : i % 4 == 1 ? 30 * KIB : i % 4 == 2 ? 3000 : 300;
            blocks[i] = malloc(sizes[i]);
            CHECK(blocks[i] != NULL);
            fill(blocks[i], sizes[i], i);
            // Also pieces that leave the break unaligned.
            foreign[i] = sbrk(i % 5 == 0 ? 4096 : 100 + i);
            CHECK(foreign[i] != (void *)-1);
            memset(foreign[i], (int)i, 100);
        }
        for (unsigned i = 0; i < COUNT; i++)
            CHECK(holds(blocks[i], sizes[i], i));
        for (unsigned i = 0; i < COUNT; i++)
            free(blocks[(i * 7) % COUNT]);
        // The program's own last piece, if the break is still there.
        char *piece = sbrk(8192);
        CHECK(piece != (void *)-1);
        memset(piece, 1, 8192);
        void *block = malloc(50 * KIB);
        CHECK(block != NULL);
        if ((char *)sbrk(0) == piece + 8192)
            CHECK(sbrk(-8192) != (void *)-1);
        free(block);
        for (unsigned i = 0; i < COUNT; i++)
            for (int j = 0; j < 100; j++)
                CHECK(foreign[i][j] == (char)i);
    }
    return 0;
}
