// glibc.malloc.mxfast has no effect: there are no fast bins, and mallinfo2 says so. (As in glibc 2.43; older
// versions keep freed blocks there.)
// shows: tunables: glibc.malloc.mxfast
// env: GLIBC_TUNABLES=glibc.malloc.mxfast=160
// glibc: no
#include "check.h"

enum { COUNT = 2000, SIZE = 100 };

int main(void)
{
    static char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++)
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
    size_t in_use = mallinfo2().uordblks;
    CHECK_AT(in_use >= COUNT * SIZE, in_use);
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.smblks == 0 && info.fsmblks == 0);
    CHECK(info.uordblks + info.fordblks == info.arena);
    return 0;
}
