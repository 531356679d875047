// If the disk has no room for a copy, fork succeeds all the same: the child says so, has all other blocks, and can
// exec; the parent notices nothing. If the whole heap lies in files, the child says so and ends.
// shows: extensions: ARENITE_OPTIONS file_dir, fork without room for a copy
// cases: blocks regions
// glibc: no
#include "../files.h"

static int fork_once(bool is_fatal)
{
    char *small = malloc(1000), *large = malloc(5 * MIB);
    CHECK(small != NULL && (is_fatal || large != NULL));
    memset(small, 1, 1000);
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(small[999] == 1);
        use_allocator(1);
        execl("/bin/sh", "sh", "-c", "exit 0", NULL);
        _exit(1);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_AT(is_fatal ? WTERMSIG(status) == SIGABRT : status == 0, (size_t)status);
    if (large != NULL)
        memset(large, 2, 5 * MIB);
    CHECK(small[999] == 1);
    free(large);
    free(small);
    return 0;
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (strcmp(role, "again-blocks") == 0)
        return fork_once(false);
    if (strcmp(role, "again-regions") == 0)
        return fork_once(true);
    bool is_blocks = strcmp(role, "blocks") == 0;
    struct child child;
    if (!run_on_small_disk(is_blocks ? "again-blocks" : "again-regions", is_blocks ? "8m" : "6m",
                           is_blocks ? "" : ":file_regions=1:file_fork=copy", &child))
        return 0;
    printf("%s%s", child.output, child.errors);
    CHECK_AT(child.status == 0, child.status);
    CHECK(strstr(child.errors, "arenite: fork: no room in file_dir for the child's copy of ") == child.errors);
    CHECK(strstr(child.errors, is_blocks ? " bytes of large blocks, which it must not use\n"
                                         : " bytes of the heap, without which it cannot go on\n") != NULL);
    return 0;
}
