// A program that does nothing has no more than 300 KiB more in memory than without the library, files included, at
// the start of main: the median of several runs.
// glibc: no
// shows: memory: little at start
#include "resident.h"
#include <sys/wait.h>

extern char **environ;

enum { RUNS = 101, MOST_KB = 300 };

static long rss_of_child(char **environment)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        char *arguments[] = { (char *)"again", (char *)"child", NULL };
        dup2(ends[1], 1);
        execve("/proc/self/exe", arguments, environment);
        _exit(9);
    }
    long kb = 0;
    CHECK(read(ends[0], &kb, sizeof kb) == sizeof kb);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(ends[0]);
    close(ends[1]);
    return kb;
}

static int compare(const void *left, const void *right)
{
    long one = *(const long *)left, other = *(const long *)right;
    return one < other ? -1 : one > other;
}

static long median_rss(char **environment)
{
    long all[RUNS];
    for (int i = 0; i < RUNS; i++)
        all[i] = rss_of_child(environment);
    qsort(all, RUNS, sizeof *all, compare);
    return all[RUNS / 2];
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        long kb = proc_number("/proc/self/smaps_rollup", "\nRss:");
        return write(1, &kb, sizeof kb) == sizeof kb ? 0 : 1;
    }
    char *none[] = { NULL };
    long with = median_rss(environ), without = median_rss(none);
    CHECK_AT(with - without <= MOST_KB, with - without);
    return 0;
}
