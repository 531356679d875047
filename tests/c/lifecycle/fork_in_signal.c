// fork in a signal handler that interrupts malloc and free of the same thread: it does not hang, and
// both processes go on with the interrupted call. Argument: number of forks.
// shows: fork: in a signal handler that interrupts malloc
// args: 200
// long: 1000
// seconds: 60
#include "fork.h"
#include <sys/time.h>

static volatile sig_atomic_t forks;
static volatile sig_atomic_t is_child;
static int wanted;

static void handler(int signal_number)
{
    (void)signal_number;
    if (is_child || forks >= wanted)
        return;
    int saved = errno;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        is_child = 1;
        set_watchdog(20);
        return;
    }
    int status = 0;
    while (waitpid(pid, &status, 0) == -1)
        CHECK(errno == EINTR);
    CHECK_AT(status == 0, (size_t)status);
    forks++;
    errno = saved;
}

int main(int argc, char **argv)
{
    wanted = argc > 1 ? atoi(argv[1]) : 200;
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    CHECK(sigaction(SIGPROF, &action, NULL) == 0);
    struct itimerval interval = { { 0, 1000 }, { 0, 1000 } };
    CHECK(setitimer(ITIMER_PROF, &interval, NULL) == 0);
    enum { LIVE = 200 };
    char *blocks[LIVE] = { NULL };
    uint64_t state = 11;
    unsigned left = 20000;
    set_watchdog(300);
    while (forks < wanted) {
        // The child goes on for a while from wherever it was interrupted.
        if (is_child && --left == 0)
            _exit(0);
        unsigned i = (unsigned)(next_random(&state) % LIVE);
        free(blocks[i]);
        size_t size = 1 + random_size(&state) % 50000;
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        blocks[i][0] = blocks[i][size - 1] = 1;
    }
    struct itimerval none = { { 0, 0 }, { 0, 0 } };
    CHECK(setitimer(ITIMER_PROF, &none, NULL) == 0);
    for (int i = 0; i < LIVE; i++)
        free(blocks[i]);
    return 0;
}
