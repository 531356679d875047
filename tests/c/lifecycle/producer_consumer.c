// One thread allocates, another frees, for blocks of all sizes: memory stays bounded, since remote
// frees come back to the owner.
// shows: arenas: blocks freed by another thread come back
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { RING = 1024, PASSES = 400000 };
static _Atomic(char *) ring[RING];

static void *consume(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < PASSES; i++) {
        char *block;
        while ((block = atomic_exchange(&ring[i % RING], NULL)) == NULL)
            sched_yield();
        CHECK(block[0] == (char)i);
        free(block);
    }
    return NULL;
}

int main(void)
{
    pthread_t consumer;
    CHECK(pthread_create(&consumer, NULL, consume, NULL) == 0);
    uint64_t state = 3;
    long quarter = 0;
    for (unsigned i = 0; i < PASSES; i++) {
        size_t size = 1 + random_size(&state) % 20000;
        char *block = malloc(size);
        CHECK(block != NULL);
        block[0] = (char)i;
        char *expected = NULL;
        while (!atomic_compare_exchange_weak(&ring[i % RING], &expected, block)) {
            expected = NULL;
            sched_yield();
        }
        if (i == PASSES / 4)
            quarter = rss_kb();
    }
    CHECK(pthread_join(consumer, NULL) == 0);
    CHECK_AT(rss_kb() - quarter < 16 * 1024, (size_t)(rss_kb() - quarter));
    return 0;
}
