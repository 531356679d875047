// A thread cache as large as the tunable allows, full, in a program that ends: neither its end nor freeing with
// M_PERTURB compares every cached block with every other.
// shows: tunables: glibc.malloc.tcache_count: its largest value costs no time at exit
// env: GLIBC_TUNABLES=glibc.malloc.tcache_count=65535
#include "check.h"

enum { BLOCKS = 65535, SIZES = 24, SECONDS = 10 };

int main(void)
{
    // Of the processor's time, so that others on the machine do not count.
    CHECK(setrlimit(RLIMIT_CPU, &(struct rlimit){SECONDS, RLIM_INFINITY}) == 0);
    static char *blocks[BLOCKS];
    for (size_t size = 16; size <= 16 * SIZES; size += 16) {
        CHECK(mallopt(M_PERTURB, size == 16) == 1);
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc(size);
            CHECK(blocks[i] != NULL);
        }
        for (int i = 0; i < BLOCKS; i++)
            free(blocks[i]);
    }
    return 0;
}
