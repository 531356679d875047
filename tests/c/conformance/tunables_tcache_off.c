// shows: tunables: without a thread cache, freed blocks are at once any thread's
// With tcache_count=0 and one arena, what one thread has freed another gets, while the first is still alive:
// the heap does not grow for it.
// env: GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1
#include "../cached.h"

enum { BLOCKS = 2000, SIZE = 456 };
static pthread_barrier_t barrier;
static char *freed[BLOCKS];

static void *allocate_and_free(void *unused)
{
    (void)unused;
    for (int i = 0; i < BLOCKS; i++) {
        freed[i] = malloc(SIZE);
        CHECK(freed[i] != NULL);
    }
    for (int i = 0; i < BLOCKS; i++)
        free(freed[i]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

int main(void)
{
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    free(opaque(malloc(1)));
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, allocate_and_free, NULL) == 0);
    pthread_barrier_wait(&barrier);
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < BLOCKS; i++) {
        CHECK(malloc(SIZE) != NULL);
        // Each block counts as soon as it is handed out, none before.
        size_t in_use = mallinfo2().uordblks - before.uordblks;
        CHECK_AT(in_use >= (size_t)(i + 1) * SIZE && in_use <= (size_t)(i + 1) * SIZE * 5 / 4, in_use);
    }
    CHECK(mallinfo2().arena == before.arena);
    pthread_barrier_wait(&barrier);
    CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}
