// A limit on the size of files (ulimit -f) means ENOMEM for blocks beyond it, and no SIGXFSZ, which would end the
// program. The same is true if no descriptor is left.
// shows: extensions: ARENITE_OPTIONS file_dir, full disk
// env: ARENITE_OPTIONS=file_dir=/tmp
// glibc: no
#include "../files.h"

int main(void)
{
    struct rlimit limit = { MIB, MIB };
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_FAILS_WITH(malloc(2 * MIB), ENOMEM);
    CHECK_FAILS_WITH(aligned_alloc(MIB, 2 * MIB), ENOMEM);
    char *block = malloc(MIB / 2);
    CHECK(block != NULL && lies_in_file(block));
    fill(block, MIB / 2, 1);
    CHECK_FAILS_WITH(realloc(block, 2 * MIB), ENOMEM);
    CHECK(holds(block, MIB / 2, 1));
    struct rlimit few = { 3, 3 };
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    CHECK_FAILS_WITH(malloc(MIB / 2), ENOMEM);
    CHECK(malloc(50000) != NULL);
    free(block);
    return 0;
}
