// The program's own fork handlers allocate and free, in prepare, parent and child.
// shows: fork: handlers that allocate
#include "fork.h"

static char *kept;
static atomic_bool stop;

static void in_prepare(void) { kept = malloc(5000); CHECK(kept != NULL); use_allocator(1); }
static void in_parent(void) { use_allocator(2); free(kept); }
static void in_child(void) { use_allocator(3); free(kept); }

__attribute__((constructor(101))) static void register_early(void)
{
    CHECK(pthread_atfork(in_prepare, in_parent, in_child) == 0);
}

static void *work(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    while (!atomic_load_explicit(&stop, memory_order_relaxed))
        free(malloc(1 + random_size(&state)));
    return NULL;
}

int main(void)
{
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    set_watchdog(300);
    for (int i = 0; i < 50; i++) {
        if (i % 10 == 0)
            CHECK(pthread_atfork(NULL, NULL, NULL) == 0);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(20);
            use_allocator((unsigned)i);
            exit(0);
        }
        wait_for(pid);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
