// Blocks in the arenas of other threads count while the threads wait and until they are freed; each arena
// has a free end that counts in ordblks.
// shows: mallinfo2: all arenas are summed up
#include "check.h"
#include <pthread.h>

enum { THREADS = 4, BLOCKS = 100, SIZE = UNCACHED };

static char *blocks[THREADS][BLOCKS];
static pthread_barrier_t begin, done, freed;

static void *work(void *argument)
{
    char **mine = blocks[(uintptr_t)argument];
    // The thread's arena and what it needs itself exist before the first look.
    free(malloc(SIZE));
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&begin);
    for (int i = 0; i < BLOCKS; i++) {
        mine[i] = malloc(SIZE);
        CHECK(mine[i] != NULL);
    }
    pthread_barrier_wait(&done);
    pthread_barrier_wait(&freed);
    for (int i = 0; i < BLOCKS; i++)
        free(mine[i]);
    return NULL;
}

int main(void)
{
    keep_all_in_heap();
    pthread_barrier_init(&begin, NULL, THREADS + 1);
    pthread_barrier_init(&done, NULL, THREADS + 1);
    pthread_barrier_init(&freed, NULL, THREADS + 1);
    size_t alone = mallinfo2().ordblks;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    pthread_barrier_wait(&begin);
    struct mallinfo2 before = mallinfo2();
    CHECK_AT(before.ordblks >= alone + THREADS, before.ordblks);
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&done);
    struct mallinfo2 after = mallinfo2();
    size_t sum = 0;
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < BLOCKS; j++)
            sum += chunk_bytes(blocks[i][j]);
    // Besides the chunks there are only the 16 bytes that end a stretch of an arena's memory.
    size_t used = after.uordblks - before.uordblks;
    CHECK_AT(used >= sum && used <= sum + sum / 1000, used);
    CHECK_AT(after.arena - before.arena >= sum / 2, after.arena - before.arena);
    CHECK(after.uordblks + after.fordblks == after.arena);
    pthread_barrier_wait(&freed);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    struct mallinfo2 end = mallinfo2();
    CHECK_AT(end.uordblks <= before.uordblks, end.uordblks);
    CHECK(end.uordblks + end.fordblks == end.arena);
    return 0;
}
