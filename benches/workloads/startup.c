// Starts a program again and again: `startup OPERATIONS COMMAND ARGUMENT...`. An operation is one
// process, from its creation to its end; the peak is that of the largest of them (Linux counts this
// program in as well, which they are copies of at first, but it is as small as any), and the checksum
// is made of what they print.
#include "workload.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

// Adds what can be read from a pipe to the sum, up to its end.
static uint64_t sum_of(int pipe, uint64_t sum) {
    unsigned char bytes[PAGE];
    for (ssize_t length; (length = read(pipe, bytes, sizeof bytes)) != 0;) {
        if (length < 0) fail("cannot read from the program");
        for (ssize_t i = 0; i < length; i++) sum = (sum ^ bytes[i]) * 0x100000001b3u;
    }
    return sum;
}

static uint64_t start_one(char **command, uint64_t sum) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) fail("cannot make a pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    pid_t child;
    int status;
    if (posix_spawnp(&child, command[0], &actions, NULL, command, environ)) fail("cannot start the program");
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    sum = sum_of(ends[0], sum);
    close(ends[0]);
    if (waitpid(child, &status, 0) != child) fail("cannot wait for the program");
    if (status != 0) fail("the program fails");
    return sum;
}

int main(int count, char **words) {
    struct job job = {count > 2 ? strtoull(words[1], NULL, 10) : 0, 1, 0, 0, 0, 0};
    if (job.operations == 0) {
        dprintf(2, "usage: %s OPERATIONS COMMAND [ARGUMENT...]\n", words[0]);
        return 2;
    }
    job_start(&job);
    for (uint64_t i = 0; i < job.operations; i++) job.checksum = start_one(words + 2, job.checksum);
    job_stop(&job);
    struct rusage children;
    getrusage(RUSAGE_CHILDREN, &children);
    job.peak_kib = children.ru_maxrss;
    job_print(&job);
    return 0;
}
