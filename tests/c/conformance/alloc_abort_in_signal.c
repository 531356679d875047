// A wrong pointer is reported also where nothing can be allocated or locked: from a signal handler that has
// interrupted malloc or free in the same thread, and without any memory left. One line, then SIGABRT; no
// deadlock.
// shows: corruption: reported inside a signal handler that interrupts malloc
// shows: corruption: reported without memory
// seconds: 120
#include "check.h"
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

static char *target;

static void handler(int signal)
{
    (void)signal;
    free(opaque(target + 8));
    _exit(3);
}

static void churn(unsigned seed)
{
    char *blocks[100] = { NULL };
    uint64_t state = seed + 1;
    for (;;) {
        size_t i = (size_t)(next_random(&state) % 100);
        free(blocks[i]);
        blocks[i] = malloc(random_size(&state));
    }
}

static void interrupted(unsigned seed)
{
    signal(SIGALRM, handler);
    struct itimerval soon = { { 0, 0 }, { 0, 1000 + (suseconds_t)seed * 97 } };
    CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    churn(seed);
}

static void without_memory(unsigned seed)
{
    struct rlimit none = { 0, 0 };
    CHECK(setrlimit(RLIMIT_AS, &none) == 0);
    size_t size = seed * 300 + 10;
    while (malloc(size) != NULL)
        ;
    free(opaque(target + 8));
}

static void check_child(void (*action)(unsigned), unsigned seed)
{
    int errors[2];
    CHECK(pipe(errors) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(dup2(errors[1], 2) == 2);
        action(seed);
        _exit(1);
    }
    close(errors[1]);
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_AT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, seed);
    char line[512];
    ssize_t length = read(errors[0], line, sizeof line - 1);
    CHECK_AT(length > 0, seed);
    line[length] = '\0';
    CHECK_AT(strncmp(line, "free(): invalid pointer", 23) == 0, seed);
    CHECK(strchr(line, '\n') == line + length - 1);
    CHECK(read(errors[0], line, sizeof line) == 0);
    close(errors[0]);
}

int main(void)
{
    target = malloc(200);
    CHECK(target != NULL);
    memset(target, 0, 200);
    for (unsigned seed = 0; seed < 40; seed++)
        check_child(interrupted, seed);
    for (unsigned seed = 0; seed < 10; seed++)
        check_child(without_memory, seed);
    return 0;
}
