// The library reserves little address space: at the start of main, and after the first calls, VmSize
// is at most 8 MiB above that of the same program without it.
// shows: extensions: little address space at start
#include "check.h"
#include <sys/wait.h>

int main(int argc, char **argv)
{
    long here_kb = vmsize_kb();
    if (argc > 1) {
        // The child, without the library: tells its size.
        return write(1, &here_kb, sizeof here_kb) == sizeof here_kb ? 0 : 1;
    }
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        char *arguments[] = { argv[0], "plain", NULL };
        char *environment[] = { NULL };
        dup2(ends[1], 1);
        execve("/proc/self/exe", arguments, environment);
        _exit(9);
    }
    long plain_kb = 0;
    CHECK(read(ends[0], &plain_kb, sizeof plain_kb) == sizeof plain_kb);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK_AT(here_kb - plain_kb <= 8 * 1024, (size_t)(here_kb - plain_kb));
    for (size_t size = 0; size < 4096; size += 16)
        free(malloc(size));
    CHECK_AT(vmsize_kb() - plain_kb <= 16 * 1024, (size_t)(vmsize_kb() - plain_kb));
    return 0;
}
