// fork while other threads allocate and free: the child can use the allocator at once, frees what the
// other threads had allocated, forks again, starts threads, and ends by _exit or exit.
// Argument: number of forks.
// shows: fork: the child of a process with busy threads can allocate at once
// args: 100
// long: 1000
// seconds: 60
#include "fork.h"

enum { THREADS = 6, SHARED = 512 };
static atomic_bool stop;
static _Atomic(char *) shared[SHARED];

static void *work(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        size_t size = 1 + random_size(&state);
        char *block = malloc(size);
        CHECK(block != NULL);
        block[0] = block[size - 1] = 1;
        free(atomic_exchange(&shared[next_random(&state) % SHARED], block));
    }
    return NULL;
}

static void *thread_in_child(void *argument)
{
    use_allocator((unsigned)(uintptr_t)argument);
    return NULL;
}

static void child(int number)
{
    set_watchdog(20);
    use_allocator((unsigned)number);
    // Blocks of the threads that do not exist here.
    for (int i = 0; i < SHARED; i++) {
        char *block = atomic_exchange(&shared[i], NULL);
        if (block != NULL && i % 3 == 0) {
            block = realloc(block, 5000);
            CHECK(block != NULL);
        }
        free(block);
    }
    use_allocator((unsigned)number + 1);
    if (number % 4 == 0) {
        pid_t grandchild = fork();
        CHECK(grandchild >= 0);
        if (grandchild == 0) {
            set_watchdog(20);
            use_allocator((unsigned)number + 2);
            _exit(0);
        }
        wait_for(grandchild);
    }
    if (number % 4 == 1) {
        pthread_t threads[3];
        for (uintptr_t i = 0; i < 3; i++)
            CHECK(pthread_create(&threads[i], NULL, thread_in_child, (void *)i) == 0);
        for (int i = 0; i < 3; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
    }
    if (number % 2)
        exit(0);
    _exit(0);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 200;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
            child(i);
        wait_for(pid);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < SHARED; i++)
        free(shared[i]);
    return 0;
}
