// mallinfo2, mallinfo, malloc_stats, malloc_info and malloc_trim leave errno alone, also as the first call
// into the allocator.
// shows: mallinfo2: errno is kept
// shows: malloc_trim: errno is kept
#include "check.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

int main(void)
{
    static char space[64 * 1024];
    for (int round = 0; round < 2; round++) {
        errno = 1234;
        struct mallinfo2 info = mallinfo2();
        CHECK(errno == 1234 && info.uordblks + info.fordblks == info.arena);
        struct mallinfo old = mallinfo();
        CHECK(errno == 1234 && (size_t)old.uordblks == info.uordblks);
        malloc_trim(0);
        CHECK(errno == 1234);
        CHECK(capture_stderr(malloc_stats, space, sizeof space) > 0);
        FILE *stream = fmemopen(space, sizeof space, "w");
        CHECK(stream != NULL);
        errno = 1234;
        CHECK(malloc_info(0, stream) == 0);
        CHECK(errno == 1234);
        CHECK(malloc_info(1, stream) == EINVAL);
        CHECK(errno == 1234);
        CHECK(fclose(stream) == 0);
        free(malloc(40 * MIB));
        free(malloc(100000));
    }
    return 0;
}
