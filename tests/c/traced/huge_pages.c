// Uses memory of all kinds, and gives much of it back, so that a trace shows what was asked of the system for it:
// tests/settings/huge.rs.
// trial: huge::hugetlb=0
// shows: tunables: glibc.malloc.hugetlb: 0 asks for no huge pages
// trial: huge::hugetlb=1
// shows: tunables: glibc.malloc.hugetlb: 1 only advises
// trial: huge::hugetlb=2
// shows: tunables: glibc.malloc.hugetlb: 2 only takes from the pool
#include "settings.h"

#include <pthread.h>

enum { COUNT = 20000 };

static void *use(void *unused)
{
    char **blocks = malloc(COUNT * sizeof *blocks);
    CHECK(blocks != NULL);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            blocks[i] = malloc(i % 100 == 0 ? 90 * KIB : 600);
            CHECK(blocks[i] != NULL);
            memset(blocks[i], 1, 600);
        }
        for (size_t i = 0; i < COUNT; i++)
            free(blocks[i]);
    }
    free(blocks);
    return unused;
}

int main(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, use, NULL) == 0);
    use(NULL);
    CHECK(pthread_join(thread, NULL) == 0);
    char *large = malloc(40 * MIB);
    CHECK(large != NULL);
    memset(large, 1, 40 * MIB);
    large = realloc(large, 50 * MIB);
    CHECK(large != NULL);
    free(large);
    free(memalign(4 * MIB, 5 * MIB));
    malloc_trim(0);
    return 0;
}
