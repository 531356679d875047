// vfork and exec, and _Fork, beside busy threads: the parent's allocator is untouched.
// shows: fork: vfork
// shows: fork: _Fork
#include "fork.h"

static atomic_bool stop;

static void *work(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    while (!atomic_load_explicit(&stop, memory_order_relaxed))
        free(malloc(1 + random_size(&state)));
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        use_allocator(1);
        return 0;
    }
    // While the process has one thread, the child of _Fork may allocate.
    for (int i = 0; i < 20; i++) {
        pid_t pid = _Fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(20);
            use_allocator((unsigned)i);
            _exit(0);
        }
        wait_for(pid);
    }
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < 50; i++) {
        char *arguments[] = { argv[0], (char *)"child", NULL };
        pid_t pid = vfork();
        CHECK(pid >= 0);
        if (pid == 0) {
            execv("/proc/self/exe", arguments);
            _exit(9);
        }
        use_allocator((unsigned)i);
        wait_for(pid);
        pid = _Fork();
        CHECK(pid >= 0);
        if (pid == 0)
            _exit(0);
        use_allocator((unsigned)i);
        wait_for(pid);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    (void)argc;
    return 0;
}
