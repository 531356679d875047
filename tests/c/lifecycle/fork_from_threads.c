// Several threads fork at the same time while all of them allocate. Argument: forks of each thread.
// shows: fork: several threads fork at the same time
// args: 30
// long: 300
// seconds: 60
#include "fork.h"

enum { THREADS = 6 };
static int count;

static void *work(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < count; i++) {
        use_allocator(number * 1000 + (unsigned)i);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(20);
            use_allocator((unsigned)i);
            _exit(0);
        }
        use_allocator(number);
        wait_for(pid);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    count = argc > 1 ? atoi(argv[1]) : 30;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
