// Address space runs out (RLIMIT_AS): NULL and ENOMEM in every size range, calls fail one by one and
// not for good, and after freeing the program can allocate as much again.
// shows: thresholds: NULL and ENOMEM at the limit of address space, and all goes on after frees
#include "check.h"

enum { COUNT = 1500000 };
static char *blocks[COUNT];

static unsigned allocate_until_null(size_t size)
{
    unsigned count = 0;
    while (count < COUNT) {
        errno = 0;
        char *block = malloc(size);
        if (block == NULL) {
            CHECK(errno == ENOMEM);
            return count;
        }
        block[0] = (char)count;
        block[size - 1] = (char)count;
        blocks[count++] = block;
    }
    check_failed(__FILE__, __LINE__, "the limit was not met");
}

int main(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = ((rlim_t)vmsize_kb() + 48 * 1024) * 1024;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    static const size_t sizes[] = { 64, 3000, 50 * KIB, MIB, 400, 12000, 5 * MIB, 100, 200 * KIB };
    for (int round = 0; round < 18; round++) {
        size_t size = sizes[round % 9];
        unsigned count = allocate_until_null(size);
        CHECK_AT(count * size > 24 * MIB, size);
        // What is left is still good for the other functions' failures.
        CHECK_FAILS_WITH(calloc(1, 60 * MIB), ENOMEM);
        CHECK_FAILS_WITH(memalign(4096, 60 * MIB), ENOMEM);
        CHECK_FAILS_WITH(realloc(blocks[0], 60 * MIB), ENOMEM);
        // One out, one in.
        for (unsigned i = 0; i < 100 && i < count; i++) {
            free(blocks[i]);
            blocks[i] = malloc(size);
            CHECK_AT(blocks[i] != NULL, size);
            blocks[i][0] = blocks[i][size - 1] = (char)i;
        }
        for (unsigned i = 0; i < count; i++) {
            CHECK(blocks[i][0] == (char)i && blocks[i][size - 1] == (char)i);
            free(blocks[i]);
        }
    }
    return 0;
}
