// Several threads run out of address space together: each gets NULL and ENOMEM, frees, and goes on.
// shows: thresholds: NULL and ENOMEM at the limit of address space, and all goes on after frees, in several threads
#include "check.h"
#include <pthread.h>

enum { THREADS = 6, COUNT = 20000, ROUNDS = 4 };

static pthread_barrier_t start;

static void *exhaust(void *argument)
{
    size_t number = (size_t)argument;
    pthread_barrier_wait(&start);
    static __thread char *blocks[COUNT];
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = round % 2 ? 2000 + number * 16 : 40 * KIB;
        unsigned count = 0;
        while (count < COUNT) {
            errno = 0;
            char *block = malloc(size);
            if (block == NULL) {
                CHECK(errno == ENOMEM);
                break;
            }
            fill_sparsely(block, size, (unsigned)number);
            blocks[count++] = block;
        }
        for (unsigned i = 0; i < count; i++) {
            CHECK(holds_sparsely(blocks[i], size, (unsigned)number));
            free(blocks[i]);
        }
        char *block = malloc(100);
        if (block == NULL)
            CHECK(errno == ENOMEM);
        free(block);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    // The stacks are there before the limit is, so that only malloc meets it.
    CHECK(pthread_barrier_init(&start, NULL, THREADS + 1) == 0);
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, 512 * KIB) == 0);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], &attributes, exhaust, (void *)i) == 0);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = ((rlim_t)vmsize_kb() + 64 * 1024) * 1024;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    pthread_barrier_wait(&start);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    // All is free again, for this thread, too.
    enum { AGAIN = 400 };
    static char *again[AGAIN];
    for (int i = 0; i < AGAIN; i++) {
        again[i] = malloc(50 * KIB);
        CHECK_AT(again[i] != NULL, (size_t)i);
        memset(again[i], 1, 50 * KIB);
    }
    for (int i = 0; i < AGAIN; i++)
        free(again[i]);
    return 0;
}
