// shows: corruption: ARENITE_OPTIONS=check=1 finds a block freed twice at once, whatever was freed in between
// 100 other blocks of the same size freed between the two frees of one, which is not the first to be freed:
// with check=1 the second free reports it. (An option of Arenite.)
// expect: double free
// env: ARENITE_OPTIONS=check=1
// glibc: no
#include "double_free.h"

int main(void)
{
    free_twice(20, 100);
    CHECK(write(1, "not found\n", 10) == 10);
    _exit(0);
}
