// With file_fork=none a child of fork has no blocks in files: it can do all else, and exec; touching one of them is a
// fault, and freeing one is reported, so that it never shares one. The same holds for the child of _Fork, for which
// nobody makes copies.
// shows: extensions: ARENITE_OPTIONS file_fork
// env: ARENITE_OPTIONS=file_dir=/tmp:file_fork=none
// glibc: no
#include "../files.h"
#include <sys/syscall.h>

static char *large;

static void touch(void) { *(volatile char *)large = 2; }
static void read_it(void) { (void)*(volatile char *)large; }

static void free_it(void)
{
    // What it says is not this test's.
    close(2);
    free(large);
}

static void work(void)
{
    CHECK(mallinfo2().hblks == 0 && mallinfo2().hblkhd == 0);
    use_allocator(1);
    char *other = malloc(3 * MIB);
    CHECK(other != NULL && lies_in_file(other) && is_zero(other, 3 * MIB));
    free(other);
    execl("/bin/sh", "sh", "-c", "exit 0", NULL);
}

static int status_of(pid_t (*fork_function)(void), void (*action)(void))
{
    pid_t pid = fork_function();
    CHECK(pid >= 0);
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        action();
        _exit(3);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static pid_t raw_fork(void) { return (pid_t)syscall(SYS_fork); }

int main(void)
{
    struct rlimit no_core = { 0, 0 };
    CHECK(setrlimit(RLIMIT_CORE, &no_core) == 0);
    large = malloc(5 * MIB);
    CHECK(large != NULL && lies_in_file(large));
    memset(large, 1, 5 * MIB);
    CHECK_AT(status_of(fork, work) == 0, 0);
    CHECK(WTERMSIG(status_of(fork, touch)) == SIGSEGV);
    CHECK(WTERMSIG(status_of(fork, read_it)) == SIGSEGV);
    CHECK(WTERMSIG(status_of(fork, free_it)) == SIGABRT);
    CHECK(WTERMSIG(status_of(raw_fork, touch)) == SIGSEGV);
    CHECK(large[0] == 1 && large[5 * MIB - 1] == 1);
    return 0;
}
