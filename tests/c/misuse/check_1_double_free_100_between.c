// shows: corruption: MALLOC_CHECK_=1 finds a block freed twice at once, whatever was freed in between
// 100 other blocks of the same size freed between the two frees of one, which is not the first to be freed:
// with MALLOC_CHECK_=1 the second free reports it. (Without effect in glibc since 2.34.)
// expect: double free
// env: MALLOC_CHECK_=1
// glibc: no
#include "double_free.h"

int main(void)
{
    free_twice(20, 100);
    CHECK(write(1, "not found\n", 10) == 10);
    _exit(0);
}
