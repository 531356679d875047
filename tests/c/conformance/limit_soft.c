// soft_limit: near it, what is kept for later goes back: free memory that was given back in vain before, what is left of
// a large heap with few survivors, and thread caches, also of threads that do nothing but a call now and then. So the
// program's memory stays near the limit if what lives is less, and without the setting it is more. More than the
// limit can be allocated all the same.
// shows: extensions: ARENITE_OPTIONS soft_limit
// cases: again survivors threads exceeded
// glibc: no
// seconds: 120
#include "extensions.h"
#include "settings.h"

#include <pthread.h>

enum { MOST = 400000 };
static char *blocks[MOST];

static void allocate(size_t from, size_t to, size_t size)
{
    for (size_t i = from; i < to; i++) {
        blocks[i] = malloc(size + i % 7 * 16);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], (int)i, size);
    }
}

static void release(size_t from, size_t to, size_t step)
{
    for (size_t i = from; i < to; i++)
        if (step == 0 || i % step != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
}

// 56 MiB come and go, over and over, beside 40 MiB that live: the arena learns to keep them.
static void again(void)
{
    allocate(0, 40000, 1000);
    for (int round = 0; round < 12; round++) {
        allocate(40000, 40560, 100 * KIB);
        release(40000, 40560, 0);
    }
}

// Of 120 MiB one block in a hundred stays.
static void survivors(void)
{
    allocate(0, 240000, 500);
    release(0, 240000, 100);
    // Whoever takes memory finds out, and gives back.
    allocate(300000, 300100, 5000);
}

static pthread_barrier_t barrier;

static void *fill_cache(void *number)
{
    enum { COUNT = 60 };
    char *mine[COUNT];
    for (size_t size = 1100; size < 60 * KIB; size += size / 9) {
        for (int i = 0; i < COUNT; i++) {
            mine[i] = malloc(size);
            CHECK(mine[i] != NULL);
            memset(mine[i], 1, size);
        }
        for (int i = 0; i < COUNT; i++)
            free(mine[i]);
    }
    pthread_barrier_wait(&barrier);
    // The main thread comes near the limit meanwhile.
    pthread_barrier_wait(&barrier);
    free(opaque(malloc(100)));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return number;
}

// Thirty threads whose caches are full of blocks of all sizes, and then do no more than a call on the fast path.
static void threads(void)
{
    enum { THREADS = 30 };
    pthread_t ids[THREADS];
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS + 1) == 0);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&ids[i], NULL, fill_cache, NULL) == 0);
    pthread_barrier_wait(&barrier);
    allocate(0, 40000, 1000);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    allocate(40000, 40100, 1000);
    printf("%zu\n", rss_kb());
    fflush(stdout);
    _exit(0);
}

// What lives is twice the limit.
static void exceeded(void)
{
    allocate(0, 120000, 1000);
    for (int round = 0; round < 20; round++) {
        allocate(120000, 130000, 1000);
        release(120000, 130000, 0);
    }
    for (size_t i = 0; i < 120000; i++)
        CHECK(blocks[i][0] == (char)i && blocks[i][999] == (char)i);
}

static size_t rss_with(const char *role, const char *option)
{
    const char *const variables[] = { option, NULL };
    struct child child = run_self(role, variables);
    if (child.status != 0 || child.errors[0] != '\0')
        check_failed(__FILE__, __LINE__, "%s: status %d: %s", option, child.status, child.errors);
    return strtoul(child.output, NULL, 10);
}

static void run(const char *role)
{
    if (strcmp(role, "again!") == 0)
        again();
    else if (strcmp(role, "survivors!") == 0)
        survivors();
    else if (strcmp(role, "threads!") == 0)
        threads();
    else
        exceeded();
    CHECK(arenite_verify() == 0);
    printf("%zu\n", rss_kb());
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (role[strlen(role) - 1] == '!') {
        run(role);
        return 0;
    }
    char again_as[32];
    snprintf(again_as, sizeof again_as, "%s!", role);
    size_t with = rss_with(again_as, "ARENITE_OPTIONS=soft_limit=64m");
    size_t without = rss_with(again_as, "ARENITE_OPTIONS=");
    fprintf(stdout, "%s: %zu KiB with, %zu KiB without\n", role, with, without);
    // The program itself, the C library and what is no heap come to some MiB.
    if (strcmp(role, "exceeded") == 0)
        CHECK_AT(with > 120 * 1000 && with < 150 * 1000, with);
    else
        CHECK_AT(with < 68 * 1024, with);
    if (strcmp(role, "threads") == 0)
        CHECK_AT(with < without, without);
    return 0;
}
