// fork while other threads hold the locks of stdio and want memory (getdelim, fopen), or walk the list
// of all streams (fflush(NULL)): neither parent nor child hangs. Argument: number of forks.
// shows: fork: while other threads hold the locks of stdio
// args: 200
// long: 1000
// seconds: 60
#include "fork.h"

static atomic_bool stop;
static char path[] = "fork-stdio-XXXXXX";

static void *read_lines(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        FILE *file = fopen(path, "r");
        CHECK(file != NULL);
        // A buffer that grows while the stream is locked, again for each line.
        ssize_t got;
        do {
            char *line = NULL;
            size_t capacity = 0;
            got = getdelim(&line, &capacity, '\n', file);
            free(line);
        } while (got > 0 && !atomic_load(&stop));
        fclose(file);
    }
    return NULL;
}

static void *flush_all(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop))
        fflush(NULL);
    return NULL;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 200;
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    char line[3000];
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 100; i++) {
        size_t length = (size_t)(i * 29 % 2999);
        line[length] = '\n';
        CHECK(write(fd, line, length + 1) == (ssize_t)length + 1);
        line[length] = 'x';
    }
    close(fd);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, i % 2 ? flush_all : read_lines, NULL) == 0);
    // The parent hangs in fork where the order of locks is wrong.
    set_watchdog(300);
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(20);
            use_allocator((unsigned)i);
            _exit(0);
        }
        wait_for(pid);
    }
    alarm(0);
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    unlink(path);
    return 0;
}
