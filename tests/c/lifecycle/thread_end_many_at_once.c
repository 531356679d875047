// Waves of 100 threads that live at the same time: arenas and caches of ended threads are used again
// by the next wave. Argument: waves.
// shows: arenas: what ended threads had cached is used again, by waves of threads
// args: 20
#include "check.h"
#include <pthread.h>

enum { THREADS = 100, BLOCKS = 300 };
static pthread_barrier_t barrier;

static void *work(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        size_t size = 1 + random_size(&state) % 3000;
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, size);
    }
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return NULL;
}

int main(int argc, char **argv)
{
    int waves = argc > 1 ? atoi(argv[1]) : 20;
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    long warm = 0;
    for (int wave = 0; wave < waves; wave++) {
        pthread_t threads[THREADS];
        for (uintptr_t i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
        for (int i = 0; i < THREADS; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        if (wave == waves / 4)
            warm = rss_kb();
    }
    CHECK_AT(rss_kb() - warm < 8 * 1024, (size_t)(rss_kb() - warm));
    return 0;
}
