// Without a setting, threads that live at the same time get arenas of their own until there are eight for
// each processor (nine on one); further threads share them. (Which processors count, those online or those that the
// process may run on, differs between versions of glibc.)
// shows: arenas: 8 for each processor by default
#include "check.h"
#include <pthread.h>
#include <sched.h>

enum { MOST_THREADS = 400 };

static pthread_barrier_t all_have_allocated, counted;

static void *allocate(void *unused)
{
    (void)unused;
    void *block = malloc(1000);
    pthread_barrier_wait(&all_have_allocated);
    pthread_barrier_wait(&counted);
    free(block);
    return NULL;
}

static size_t arenas(void)
{
    static char text[4 * 1024 * 1024];
    FILE *stream = fmemopen(text, sizeof text - 1, "w");
    CHECK(stream != NULL && malloc_info(0, stream) == 0 && fclose(stream) == 0);
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, "<heap nr=")) != NULL; at++)
        count++;
    return count;
}

static size_t expected(size_t processors, size_t threads)
{
    // The limit is set only when there are more than 8 (M_ARENA_TEST).
    size_t limit = processors == 1 ? 9 : 8 * processors;
    return limit < threads + 1 ? limit : threads + 1;
}

// Whether a container allows less time than that of all processors, which lowers Arenite's limit
// (tests/settings/groups.rs shows by how much).
static bool has_quota(void)
{
    static const char *const files[] = { "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us" };
    char text[64] = "";
    for (size_t i = 0; i < 2; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        ssize_t got = read(fd, text, sizeof text - 1);
        close(fd);
        if (got > 0 && text[0] >= '0' && text[0] <= '9')
            return true;
    }
    return false;
}

int main(void)
{
    size_t online = (size_t)sysconf(_SC_NPROCESSORS_ONLN), allowed = online;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        allowed = (size_t)CPU_COUNT(&set);
    size_t count = 8 * online + 16 < MOST_THREADS ? 8 * online + 16 : MOST_THREADS;

    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 128 * KIB) == 0);
    CHECK(pthread_barrier_init(&all_have_allocated, NULL, (unsigned)count + 1) == 0);
    CHECK(pthread_barrier_init(&counted, NULL, (unsigned)count + 1) == 0);
    static pthread_t threads[MOST_THREADS];
    for (size_t i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], &attributes, allocate, NULL) == 0);
    pthread_barrier_wait(&all_have_allocated);
    size_t found = arenas();
    if (on_arenite() && has_quota())
        CHECK_AT(found >= expected(1, count) && found <= expected(allowed, count), found);
    else
        CHECK_AT(found == expected(online, count) || found == expected(allowed, count), found);
    pthread_barrier_wait(&counted);
    for (size_t i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
