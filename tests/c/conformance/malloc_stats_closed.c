// malloc_stats with standard error closed, on a full device, or a pipe that nobody reads, does no harm.
// shows: malloc_stats: standard error that cannot be written
#include "check.h"
#include <signal.h>

int main(void)
{
    free(malloc(100));
    int real = dup(2);
    CHECK(real >= 0);
    CHECK(close(2) == 0);
    malloc_stats();
    CHECK(fcntl(2, F_GETFD) == -1);
    CHECK(open("/dev/full", O_WRONLY) == 2);
    malloc_stats();
    int ends[2];
    CHECK(pipe(ends) == 0 && dup2(ends[1], 2) == 2);
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    malloc_stats();
    CHECK(dup2(real, 2) == 2);
    clearerr(stderr);
    char *block = malloc(5000);
    CHECK(block != NULL);
    fill(block, 5000, 1);
    CHECK(holds(block, 5000, 1));
    free(block);
    return 0;
}
