// malloc_stats prints more than 4 GiB in full. (glibc cuts the sums off at 32 bits.)
// glibc: no
// shows: malloc_stats: values above 4 GiB in full
#include "check.h"

int main(void)
{
    static char text[64 * 1024];
    char *mapped[11];
    for (size_t i = 0; i < 11; i++)
        CHECK_AT((mapped[i] = malloc(512 * MIB - 4096)) != NULL, i);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.hblkhd == 5632 * MIB);
    capture_stderr(malloc_stats, text, sizeof text);
    char *total = strstr(text, "Total (incl. mmap):\n");
    CHECK(total != NULL);
    CHECK(number_after(total, "system bytes     =", 0) == info.arena + info.hblkhd);
    CHECK(number_after(total, "in use bytes     =", 0) == info.uordblks + info.hblkhd);
    CHECK(number_after(total, "max mmap bytes   =", 0) == 5632 * MIB);
    CHECK(number_after(total, "max mmap regions =", 0) == 11);
    for (int i = 0; i < 11; i++)
        free(mapped[i]);
    return 0;
}
