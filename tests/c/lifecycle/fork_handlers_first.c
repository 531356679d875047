// A handler for the child of a fork that allocates, registered by a program that did not allocate before, while other
// threads are in the heap at the moment of the fork.
// shows: fork: handlers that were registered before the first call
// args: 100
#include "fork.h"

static atomic_bool stop;

static void in_child(void)
{
    set_watchdog(20);
    use_allocator(3);
}

static void *work(void *unused)
{
    // Each round fills and empties the cache, so that the thread is in the arena most of the time.
    static _Thread_local void *blocks[2000];
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        for (size_t i = 0; i < 2000; i++)
            blocks[i] = malloc(16 + i * 7 % 3000);
        for (size_t i = 0; i < 2000; i++)
            free(blocks[i]);
    }
    return unused;
}

int main(int argc, char **argv)
{
    CHECK(pthread_atfork(NULL, NULL, in_child) == 0);
    int forks = argc > 1 ? atoi(argv[1]) : 100;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < forks; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
            _exit(0);
        wait_for(pid);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
