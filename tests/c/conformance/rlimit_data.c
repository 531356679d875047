// Under RLIMIT_DATA the break and private mappings end early: NULL and ENOMEM, the blocks so far stay
// intact, and after freeing them the program can allocate as much again.
// shows: thresholds: NULL and ENOMEM at the limit of address space, and all goes on after frees, under RLIMIT_DATA
#include "check.h"

enum { COUNT = 40000 };
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
        fill_sparsely(block, size, count);
        blocks[count++] = block;
    }
    check_failed(__FILE__, __LINE__, "the limit was not met");
}

int main(void)
{
    free(malloc(1));
    long data_kb = proc_number("/proc/self/status", "VmData:");
    struct rlimit limit = { 0 };
    CHECK(getrlimit(RLIMIT_DATA, &limit) == 0);
    limit.rlim_cur = ((rlim_t)data_kb + 24 * 1024) * 1024;
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    static const size_t sizes[] = { 50 * KIB, 700, 5000, 300 * KIB, 50 * KIB, MIB };
    for (int round = 0; round < 12; round++) {
        size_t size = sizes[round % 6];
        unsigned count = allocate_until_null(size);
        CHECK_AT(count * size > 12 * MIB, count);
        for (unsigned i = 0; i < count; i++) {
            CHECK(holds_sparsely(blocks[i], size, i));
            free(blocks[i]);
        }
    }
    return 0;
}
