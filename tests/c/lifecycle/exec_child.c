// A process that starts itself again, and a shell, under the same preload.
// shows: extensions: LD_PRELOAD passed on to children
#include "fork.h"
#include <spawn.h>

extern char **environ;

int main(int argc, char **argv)
{
    use_allocator(1);
    int level = argc > 1 ? atoi(argv[1]) : 0;
    if (level == 3)
        return 0;
    char next[16];
    snprintf(next, sizeof next, "%d", level + 1);
    char *arguments[] = { argv[0], next, NULL };
    pid_t child;
    CHECK(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) == 0);
    wait_for(child);
    CHECK(system("x=$(echo word; echo other) && test \"$x\" != word") == 0);
    FILE *output = popen("echo from a shell", "r");
    CHECK(output != NULL);
    char *line = NULL;
    size_t capacity = 0;
    CHECK(getline(&line, &capacity, output) == 13);
    free(line);
    CHECK(pclose(output) == 0);
    if (level == 0) {
        snprintf(next, sizeof next, "2");
        execv("/proc/self/exe", arguments);
        return 9;
    }
    return 0;
}
