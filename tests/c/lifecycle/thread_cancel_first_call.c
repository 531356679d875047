// A thread that was cancelled before its first call: that is no cancellation point, also where it makes an arena and
// the number of these is limited by files that are read then. Others begin afterwards.
// shows: arenas: a first call that makes an arena is no cancellation point
#include "check.h"
#include <pthread.h>

enum { THREADS = 24 };

static pthread_barrier_t together;
static int reached;

static void *begin(void *unused)
{
    (void)unused;
    void *block = malloc(100);
    CHECK(block != NULL);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);
    free(block);
    return NULL;
}

static void *wait_for_cancel(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void *call_cancelled(void *unused)
{
    pthread_cancel(pthread_self());
    void *block = malloc(100);
    CHECK(block != NULL);
    reached++;
    free(block);
    pthread_testcancel();
    return unused;
}

int main(void)
{
    // The first cancellation loads a library, which allocates.
    pthread_t other, threads[THREADS];
    void *result;
    CHECK(pthread_create(&other, NULL, wait_for_cancel, NULL) == 0);
    CHECK(pthread_cancel(other) == 0 && pthread_join(other, NULL) == 0);
    // One more arena each time.
    for (int live = 0; live <= THREADS; live++) {
        CHECK(pthread_barrier_init(&together, NULL, live + 1) == 0);
        for (int i = 0; i < live; i++)
            CHECK(pthread_create(&threads[i], NULL, begin, NULL) == 0);
        pthread_barrier_wait(&together);
        CHECK(pthread_create(&other, NULL, call_cancelled, NULL) == 0);
        CHECK(pthread_join(other, &result) == 0 && result == PTHREAD_CANCELED);
        CHECK_AT(reached == live + 1, (size_t)live);
        pthread_barrier_wait(&together);
        for (int i = 0; i < live; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
    }
    return 0;
}
