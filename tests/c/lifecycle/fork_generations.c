// Ten generations of processes, each the child of the one before and each with threads of its own
// when it forks, free and reuse what their ancestors allocated; memory does not grow.
// shows: fork: generations of processes
#include "fork.h"

enum { BLOCKS = 3000 };
static char *blocks[BLOCKS];

static void *busy(void *argument)
{
    atomic_bool *stop = argument;
    uint64_t state = 5;
    while (!atomic_load(stop))
        free(malloc(1 + random_size(&state)));
    return NULL;
}

static void generation(int depth, long first_rss)
{
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
        blocks[i] = malloc((size_t)(i % 700 + depth));
        CHECK(blocks[i] != NULL);
        memset(blocks[i], depth, (size_t)(i % 700 + depth));
    }
    if (depth > 2)
        CHECK_AT(rss_kb() - first_rss < 16 * 1024, (size_t)depth);
    if (depth == 10)
        return;
    atomic_bool stop = false;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, busy, &stop) == 0);
    for (int i = 0; i < 10; i++)
        use_allocator((unsigned)i);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        set_watchdog(30);
        generation(depth + 1, first_rss == 0 ? rss_kb() : first_rss);
        _exit(0);
    }
    wait_for(pid);
    atomic_store(&stop, true);
    CHECK(pthread_join(thread, NULL) == 0);
}

int main(void)
{
    generation(1, 0);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return 0;
}
