// A signal handler that interrupts malloc or free calls exit: the process ends. (Not allowed by POSIX,
// but common, and glibc's exit does not need the heap.)
// shows: fork: exit in a signal handler that interrupts malloc
// seconds: 60
#include "check.h"
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

static void leave(int signal)
{
    (void)signal;
    exit(0);
}

static void interrupted(unsigned round)
{
    static void *blocks[2000];
    alarm(10);
    CHECK(signal(SIGVTALRM, leave) != SIG_ERR);
    struct itimerval timer = { { 0, 0 }, { 0, 1000 + round * 7 % 3000 } };
    CHECK(setitimer(ITIMER_VIRTUAL, &timer, NULL) == 0);
    uint64_t state = round + 1;
    for (;;) {
        unsigned i = (unsigned)(next_random(&state) % 2000);
        free(blocks[i]);
        blocks[i] = malloc(40 + next_random(&state) % (round % 2 ? 9000 : 900));
    }
}

int main(void)
{
    for (unsigned round = 0; round < 60; round++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            interrupted(round);
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_AT(status == 0, (size_t)status);
    }
    return 0;
}
