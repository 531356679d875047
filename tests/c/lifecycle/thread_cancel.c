// Threads that are cancelled, asynchronously of what the main thread does, or leave by pthread_exit:
// their memory is used again.
// shows: arenas: what ended threads had cached is used again, after cancellation and pthread_exit
#include "check.h"
#include <pthread.h>

static void *wait_for_cancel(void *unused)
{
    (void)unused;
    void *block = malloc(300);
    pthread_cleanup_push(free, block);
    for (size_t size = 1;; size = size % 5000 + 7) {
        free(malloc(size));
        pthread_testcancel();
    }
    pthread_cleanup_pop(1);
    return NULL;
}

static void *leave(void *unused)
{
    (void)unused;
    for (size_t size = 1; size < 9000; size += 99)
        free(malloc(size));
    pthread_exit(malloc(10));
}

int main(void)
{
    long warm = 0;
    for (int i = 0; i < 1000; i++) {
        pthread_t a, b;
        void *result;
        CHECK(pthread_create(&a, NULL, wait_for_cancel, NULL) == 0);
        CHECK(pthread_create(&b, NULL, leave, NULL) == 0);
        free(malloc((size_t)i));
        CHECK(pthread_cancel(a) == 0);
        CHECK(pthread_join(a, NULL) == 0);
        CHECK(pthread_join(b, &result) == 0);
        free(result);
        if (i == 100)
            warm = rss_kb();
    }
    CHECK_AT(rss_kb() - warm < 8 * 1024, (size_t)(rss_kb() - warm));
    return 0;
}
