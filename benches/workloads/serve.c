// Runs a server until standard input ends: `serve SIGNAL COMMAND ARGUMENT...`. Then it asks the server with
// that signal to end, and prints `seconds=S peak_kib=K`: the processor time of all its processes, and the peak
// of the largest. Standard input also ends if whoever started this program is killed, so no server stays
// behind; and processes that a server leaves behind become children of this program, which kills them.
#include "workload.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

extern char **environ;

enum { MILLISECONDS_TO_STOP = 20000 };

static struct {
    pid_t pid;
    bool has_ended;
    int status;
} server;

static void start(char **command) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    // What the server prints is not the result.
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (posix_spawnp(&server.pid, command[0], &actions, &attributes, command, environ)) fail("cannot start the server");
}

// Takes note of what has ended; returns whether there are children left.
static bool take_ended(void) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended == server.pid) server.has_ended = true, server.status = status;
    }
    return ended == 0;
}

static void kill_children(void) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    text[length > 0 ? length : 0] = 0;
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) kill((pid_t)strtol(word, NULL, 10), SIGKILL);
}

static void explain_end(void) {
    if (WIFSIGNALED(server.status)) {
        dprintf(2, "the server ends with SIG%s\n", sigabbrev_np(WTERMSIG(server.status)));
    } else {
        dprintf(2, "the server ends with exit status %d\n", WEXITSTATUS(server.status));
    }
}

int main(int count, char **words) {
    if (count < 3) {
        dprintf(2, "usage: %s SIGNAL COMMAND [ARGUMENT...]\n", words[0]);
        return 2;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, NULL);
    struct pollfd events[] = {{signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0}, {0, POLLIN, 0}};
    if (events[0].fd < 0) fail("cannot wait for the server");
    start(words + 2);

    bool is_asked = false;
    while (!server.has_ended) {
        int ready = poll(events, is_asked ? 1 : 2, is_asked ? MILLISECONDS_TO_STOP : -1);
        if (ready == 0) {
            dprintf(2, "the server does not end when asked to\n");
            server.status = -1;
            break;
        }
        struct signalfd_siginfo unused;
        while (read(events[0].fd, &unused, sizeof unused) > 0) continue;
        take_ended();
        char byte;
        if (!is_asked && events[1].revents && read(0, &byte, 1) <= 0) {
            is_asked = true;
            if (!server.has_ended) kill(server.pid, (int)strtol(words[1], NULL, 10));
        }
    }
    // A killed process leaves its own children to this program, hence the loop.
    do kill_children();
    while (take_ended() && poll(NULL, 0, 1) == 0);
    if (!is_asked || server.status != 0) {
        if (server.has_ended) explain_end();
        return 1;
    }
    struct rusage all;
    getrusage(RUSAGE_CHILDREN, &all);
    dprintf(1, "seconds=%.6f peak_kib=%ld\n",
            (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec) +
                (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec) * 1e-6,
            all.ru_maxrss);
    return 0;
}
