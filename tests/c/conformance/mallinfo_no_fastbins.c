// smblks, fsmblks (fastbins, which glibc has no more since 2.43) and usmblks are 0, whatever was freed.
// glibc: no
// shows: mallinfo2: smblks
// shows: mallinfo2: fsmblks
#include "check.h"

int main(void)
{
    enum { COUNT = 5000 };
    static char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        CHECK((blocks[i] = malloc(i % 120)) != NULL);
    for (size_t i = 0; i < COUNT; i++)
        free(blocks[(i * 7) % COUNT]);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.smblks == 0 && info.fsmblks == 0 && info.usmblks == 0);
    CHECK(info.uordblks + info.fordblks == info.arena);
    return 0;
}
