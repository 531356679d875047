// A thread allocates much and ends; another frees all of it in random order: in time that grows with
// the number of blocks, and the memory is given back.
// shows: arenas: blocks freed by another thread come back, all that a thread left
// glibc: no
// seconds: 30
#include "check.h"
#include <pthread.h>
#include <time.h>

enum { MOST = 1 << 22 };
static void *blocks[MOST];

static void *load(void *count)
{
    for (size_t i = 0; i < (size_t)count; i++) {
        CHECK((blocks[i] = malloc(64)) != NULL);
        memset(blocks[i], 1, 64);
    }
    return NULL;
}

static double seconds_to_free(size_t count)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, load, (void *)count) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    uint64_t state = count;
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = next_random(&state) % (i + 1);
        void *other = blocks[i];
        blocks[i] = blocks[j];
        blocks[j] = other;
    }
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
}

int main(void)
{
    memset(blocks, 1, sizeof blocks);
    long start = rss_kb();
    double small = seconds_to_free(MOST / 16), large = seconds_to_free(MOST);
    // 16 times the blocks; caches hold fewer of them, so allow three times that. Quadratic is 256.
    CHECK_AT(large < 48 * small + 0.5, (size_t)(large / small));
    CHECK_AT(rss_kb() - start < 32 * 1024, (size_t)(rss_kb() - start));
    return 0;
}
