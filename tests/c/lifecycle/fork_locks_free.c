// shows: fork: all locks are open in the child, and every function works there
// While other threads are in the middle of allocation, statistics and trimming, a child finds nothing locked:
// mallinfo2, malloc_info, malloc_stats, malloc_trim and mallopt return, and blocks of all threads can be
// resized and freed. Argument: number of forks.
// args: 60
// long: 600
// seconds: 60
#include "fork.h"

enum { THREADS = 4 };
static atomic_bool stop;

static void *allocate(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    while (!atomic_load(&stop))
        free(malloc(1 + random_size(&state)));
    return NULL;
}

static void *inspect(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        struct mallinfo2 info = mallinfo2();
        CHECK(info.uordblks <= info.arena);
        malloc_trim(0);
        CHECK(mallopt(M_TOP_PAD, 128 * 1024) == 1);
        free(opaque(malloc(3 * MIB)));
    }
    return NULL;
}

static void use_everything(void)
{
    use_allocator(1);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.arena > 0);
    FILE *nowhere = fopen("/dev/null", "we");
    CHECK(nowhere != NULL);
    CHECK(malloc_info(0, nowhere) == 0);
    CHECK(fclose(nowhere) == 0);
    int fd = open("/dev/null", O_WRONLY);
    CHECK(fd >= 0 && dup2(fd, 2) == 2);
    malloc_stats();
    malloc_trim(0);
    CHECK(mallopt(M_MMAP_MAX, 100) == 1);
    use_allocator(2);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 60;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, i == 0 ? inspect : allocate, (void *)i) == 0);
    set_watchdog(300);
    for (int i = 0; i < count; i++) {
        char *blocks[3] = { malloc(100), malloc(10000), malloc(3 * MIB) };
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(20);
            for (int k = 0; k < 3; k++) {
                blocks[k] = realloc(blocks[k], 20000);
                CHECK(blocks[k] != NULL);
                free(blocks[k]);
            }
            use_everything();
            _exit(0);
        }
        for (int k = 0; k < 3; k++)
            free(blocks[k]);
        wait_for(pid);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
