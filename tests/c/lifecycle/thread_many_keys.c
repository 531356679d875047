// A program that uses up the keys of thread-specific data, and one that has created many before its
// first thread: allocation and thread ends still work.
// shows: arenas: destructors may allocate after the allocator's own clean-up, and when all keys are taken
#include "check.h"
#include <pthread.h>

static void *work(void *unused)
{
    (void)unused;
    for (size_t size = 1; size < 60000; size = size * 2 + 1)
        free(malloc(size));
    return malloc(100);
}

int main(void)
{
    pthread_key_t key;
    int count = 0;
    while (pthread_key_create(&key, free) == 0)
        count++;
    CHECK(count > 500);
    long warm = 0;
    for (int i = 0; i < 1000; i++) {
        pthread_t thread;
        void *result;
        CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
        CHECK(pthread_join(thread, &result) == 0);
        CHECK(result != NULL);
        free(result);
        if (i == 100)
            warm = rss_kb();
    }
    CHECK_AT(rss_kb() - warm < 8 * 1024, (size_t)(rss_kb() - warm));
    return 0;
}
