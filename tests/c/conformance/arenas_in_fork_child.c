// shows: fork: arenas of threads that the child does not have are free for others
// In the child of a process whose threads were at rest, their arenas are there to be used: threads of the
// child get those before new ones are made, and the limit set in the parent holds.
// seconds: 60
#include "../settings.h"

static void *wait_with_block(void *argument)
{
    struct gathering *gathering = argument;
    char *block = malloc(5000);
    CHECK(block != NULL);
    pthread_barrier_wait(&gathering->allocated);
    pthread_barrier_wait(&gathering->counted);
    free(block);
    return NULL;
}

int main(void)
{
    enum { THREADS = 4 };
    CHECK(mallopt(M_ARENA_MAX, 6) == 1);
    struct gathering gathering;
    CHECK(pthread_barrier_init(&gathering.allocated, NULL, THREADS + 1) == 0);
    CHECK(pthread_barrier_init(&gathering.counted, NULL, THREADS + 1) == 0);
    free(opaque(malloc(1)));
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_with_block, &gathering) == 0);
    pthread_barrier_wait(&gathering.allocated);
    CHECK(arena_count() == THREADS + 1);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        set_watchdog(30);
        CHECK(arena_count() == THREADS + 1);
        CHECK(arenas_with_threads(THREADS) == THREADS + 1);
        CHECK(arenas_with_threads(THREADS + 5) == 6);
        use_allocator(1);
        _exit(0);
    }
    wait_for(pid);
    pthread_barrier_wait(&gathering.counted);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
