// Prints what can be seen of the limits of the process's control groups: the number of arenas of 60 threads, and the soft
// limit of memory. tests/settings/groups.rs starts it in groups of its own.
// trial: groups::arenas
// shows: arenas: the time that control groups allow lowers the default limit
// trial: groups::memory
// shows: extensions: ARENITE_OPTIONS soft_limit: cgroup
#include "settings.h"

#include "extensions.h"

int main(void)
{
    static char text[256 * KIB];
    size_t arenas = arenas_with_threads(60);
    CHECK(arenite_stats_json(text, sizeof text) > 0);
    const char *limit = strstr(text, "\"soft_limit\":");
    CHECK(limit != NULL);
    printf("%zu %lu\n", arenas, strtoul(limit + strlen("\"soft_limit\":"), NULL, 10));
    return 0;
}
