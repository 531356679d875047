// shows: fork: handlers of the program run while malloc is usable, in parent and child
// shows: fork: registering handlers and thread data allocates without recursion
// shows: fork: _Fork leaves malloc usable in the child of a process without threads
// Handlers may be registered and thread data set while others allocate: many more than fit in what the C
// library has reserved, so that registering itself allocates. Handlers of any position in the order allocate.
// _Fork, which runs no handlers, leaves the allocator usable.
#include "fork.h"

static atomic_int prepared, resumed, started;
static void *kept[3];

static void prepare(void) { atomic_fetch_add(&prepared, 1); kept[0] = realloc(kept[0], 100); use_allocator(1); }
static void parent(void) { atomic_fetch_add(&resumed, 1); kept[1] = realloc(kept[1], 5000); use_allocator(2); }
static void child(void) { atomic_fetch_add(&started, 1); kept[2] = realloc(kept[2], 200000); use_allocator(3); }

int main(void)
{
    enum { HANDLERS = 60, KEYS = 600 };
    for (int i = 0; i < HANDLERS; i++) {
        CHECK(pthread_atfork(prepare, parent, child) == 0);
        use_allocator((unsigned)i);
    }
    static pthread_key_t keys[KEYS];
    for (uintptr_t i = 0; i < KEYS; i++) {
        CHECK(pthread_key_create(&keys[i], NULL) == 0);
        CHECK(pthread_setspecific(keys[i], (void *)(i + 1)) == 0);
        free(opaque(malloc(i * 100)));
    }
    set_watchdog(60);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        set_watchdog(30);
        CHECK(prepared == HANDLERS && started == HANDLERS && resumed == 0);
        for (uintptr_t i = 0; i < KEYS; i++)
            CHECK(pthread_getspecific(keys[i]) == (void *)(i + 1));
        use_allocator(7);
        _exit(0);
    }
    CHECK(prepared == HANDLERS && resumed == HANDLERS && started == 0);
    wait_for(pid);
    pid = _Fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(prepared == HANDLERS && started == 0);
        use_allocator(8);
        _exit(0);
    }
    wait_for(pid);
    for (int i = 0; i < 3; i++)
        free(kept[i]);
    return 0;
}
