// Without a setting, threads that live at the same time get arenas of their own until there are eight for
// each processor; further threads share them. (Which processors count, those online or those that the
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
    size_t of_online = 8 * online < count + 1 ? 8 * online : count + 1;
    size_t of_allowed = 8 * allowed < count + 1 ? 8 * allowed : count + 1;
    CHECK_AT(found == of_online || found == of_allowed, found);
    pthread_barrier_wait(&counted);
    for (size_t i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
