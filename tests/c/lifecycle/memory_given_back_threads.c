// Eight threads allocate 200 MB together and free everything; then resident memory is back near the
// start, though their regions lie between each other. (glibc keeps the free ends of its arenas.)
// shows: malloc_trim: freed memory goes back without a call, in arenas of threads
// glibc: no
#include "check.h"
#include <pthread.h>

enum { THREADS = 8, MAX = 40000 };
static char *blocks[THREADS][MAX];
static pthread_barrier_t barrier;

static void *work(void *argument)
{
    size_t number = (size_t)argument;
    uint64_t state = number + 1;
    size_t sum = 0;
    unsigned count = 0;
    while (sum < 25 * MIB && count < MAX) {
        size_t size = 1 + random_size(&state) % 100000;
        char *block = malloc(size);
        CHECK(block != NULL);
        memset(block, 1, size);
        blocks[number][count++] = block;
        sum += size;
    }
    pthread_barrier_wait(&barrier);
    // The blocks of the thread next to this one.
    char **others = blocks[(number + 1) % THREADS];
    for (unsigned i = 0; i < MAX && others[i] != NULL; i++)
        free(others[i]);
    return NULL;
}

int main(void)
{
    memset(blocks, 0, sizeof blocks);
    long start = rss_kb();
    pthread_t threads[THREADS];
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_AT(rss_kb() - start < 32 * 1024, (size_t)(rss_kb() - start));
    return 0;
}
