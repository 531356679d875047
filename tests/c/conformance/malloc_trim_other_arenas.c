// malloc_trim gives back free memory of the arenas of other threads, which are still running: pages between
// used blocks.
// shows: malloc_trim: arenas of other threads
#include "check.h"
#include <pthread.h>

enum { COUNT = 200, SIZE = UNCACHED };

static char *blocks[COUNT];
static pthread_barrier_t barrier;

static void *work(void *unused)
{
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, SIZE);
    }
    for (int i = 1; i < COUNT; i += 2)
        free(blocks[i]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < COUNT; i += 2) {
        for (int j = 0; j < SIZE; j += 100)
            CHECK(blocks[i][j] == 1);
        free(blocks[i]);
    }
    return unused;
}

int main(void)
{
    keep_all_in_heap();
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
    pthread_barrier_wait(&barrier);
    malloc_trim(0);
    size_t resident = 0;
    for (int i = 1; i < COUNT - 2; i += 2)
        resident += resident_pages(blocks[i] + 4096, SIZE - 4096);
    CHECK_AT(resident == 0, resident);
    pthread_barrier_wait(&barrier);
    CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}
