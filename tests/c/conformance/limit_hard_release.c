// hard_limit: before a call fails, free memory goes back to the system, wherever it lies: in the heap, in the caches of
// the calling thread and of ended ones, and in other threads' arenas, so that it can be had for something else.
// shows: extensions: ARENITE_OPTIONS hard_limit: free memory is given back first
// env: ARENITE_OPTIONS=hard_limit=64m
// glibc: no
#include "extensions.h"

#include <pthread.h>

enum { MOST = 60000 };
static pthread_barrier_t is_free, is_done;

// Allocates 36 MiB in blocks of one size and frees them, over and over, so that the heap expects it to come again.
static void use(size_t size, char **blocks)
{
    size_t count = 36 * MIB / size;
    CHECK(count <= MOST);
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < count; i++) {
            blocks[i] = malloc(size);
            CHECK_AT(blocks[i] != NULL, size);
            memset(blocks[i], 1, size);
        }
        for (size_t i = 0; i < count; i++)
            free(blocks[i]);
    }
}

static void check_large(void)
{
    char *block = malloc(45 * MIB);
    CHECK(block != NULL);
    memset(block, 1, 45 * MIB);
    free(block);
    block = memalign(4096, 45 * MIB);
    CHECK(block != NULL);
    free(block);
    block = calloc(1, 20 * MIB);
    CHECK(block != NULL);
    block = realloc(block, 45 * MIB);
    CHECK(block != NULL);
    free(block);
}

static void *use_and_stay(void *unused)
{
    static char *blocks[MOST];
    // What its cache kept, nobody else could give back while it sleeps.
    use(100 * KIB, blocks);
    pthread_barrier_wait(&is_free);
    pthread_barrier_wait(&is_done);
    return unused;
}

static void *use_and_end(void *unused)
{
    static char *blocks[MOST];
    use(1500, blocks);
    return unused;
}

int main(void)
{
    static char *blocks[MOST];
    static const size_t sizes[] = { 640, 1000, 5000, 30 * KIB, 100 * KIB };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        use(sizes[i], blocks);
        check_large();
    }
    pthread_t thread;
    CHECK(pthread_barrier_init(&is_free, NULL, 2) == 0 && pthread_barrier_init(&is_done, NULL, 2) == 0);
    CHECK(pthread_create(&thread, NULL, use_and_end, NULL) == 0 && pthread_join(thread, NULL) == 0);
    check_large();
    CHECK(pthread_create(&thread, NULL, use_and_stay, NULL) == 0);
    pthread_barrier_wait(&is_free);
    check_large();
    pthread_barrier_wait(&is_done);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(arenite_verify() == 0);
    return 0;
}
