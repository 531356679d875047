// A thread whose arena can get no more memory from the system is given free memory of another arena.
// shows: arenas: another arena is tried when one has no memory
#include "check.h"
#include <pthread.h>
#include <sys/resource.h>

// More than a thread's arena of glibc reserves at once (64 MiB) lies in all blocks of the thread together.
enum { HOLES = 400, SIZE = 100000, MOST = 2000 };

static char *blocks[2 * HOLES], *others[MOST];
static pthread_barrier_t has_arena, is_limited;

static void *allocate(void *unused)
{
    (void)unused;
    void *first = malloc(1000);
    CHECK(first != NULL);
    pthread_barrier_wait(&has_arena);
    pthread_barrier_wait(&is_limited);
    size_t count = 0, in_holes = 0;
    while (count < MOST && (others[count] = malloc(SIZE - 1000)) != NULL) {
        for (size_t i = 0; i < 2 * HOLES; i += 2)
            in_holes += others[count] >= blocks[i] && others[count] < blocks[i] + SIZE;
        count++;
    }
    CHECK_AT(count < MOST, count);
    CHECK_AT(in_holes >= HOLES * 9 / 10, in_holes);
    for (size_t i = 0; i < count; i++)
        free(others[i]);
    free(first);
    return NULL;
}

int main(void)
{
    for (size_t i = 0; i < 2 * HOLES; i++)
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
    pthread_t thread;
    CHECK(pthread_barrier_init(&has_arena, NULL, 2) == 0 && pthread_barrier_init(&is_limited, NULL, 2) == 0);
    CHECK(pthread_create(&thread, NULL, allocate, NULL) == 0);
    pthread_barrier_wait(&has_arena);
    for (size_t i = 0; i < 2 * HOLES; i += 2)
        free(blocks[i]);
    struct rlimit limit, before;
    CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    limit = before;
    limit.rlim_cur = (rlim_t)vmsize_kb() * KIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    pthread_barrier_wait(&is_limited);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    return 0;
}
