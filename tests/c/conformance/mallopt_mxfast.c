// shows: mallopt: M_MXFAST has no effect
// M_MXFAST is taken and does nothing, as in glibc since 2.43: there are no fast bins, and their fields in
// mallinfo2 stay 0. (Older versions have fast bins.)
// glibc: no
#include "../settings.h"

static struct mallinfo2 after_use(void)
{
    enum { BLOCKS = 2000 };
    static char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(48);
        CHECK(blocks[i] != NULL);
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return mallinfo2();
}

int main(void)
{
    static const int values[] = { 64, 0, 80, 160, 161, 100000, -1 };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK(mallopt(M_MXFAST, values[i]) == 1);
        struct mallinfo2 info = after_use();
        CHECK(info.smblks == 0 && info.fsmblks == 0);
        CHECK(info.uordblks + info.fordblks == info.arena);
    }
    return 0;
}
