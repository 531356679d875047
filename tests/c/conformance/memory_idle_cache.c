// Threads have freed blocks into their caches and then make no call for some time, while another one works: with its
// next call, whichever that is, each gives its cache back. Their blocks are right, and the caches work on.
// glibc: no
// shows: memory: the cache of an idle thread goes back with its next call
#include "resident.h"
#include <semaphore.h>

// Idle threads are asked at most once a second, if they have been idle for one.
enum { THREADS = 5, SIZES = 20, OF_EACH = 100, IDLE_MS = 2300 };

static const char *const calls[THREADS] = { "malloc", "free", "calloc", "realloc", "memalign" };

static struct idle {
    struct blocks live;
    void *blocks[SIZES * OF_EACH];
    const char *call;
    sem_t go, done;
    pthread_t thread;
} idles[THREADS];

static void wait_on(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        CHECK(errno == EINTR);
}

static void use_cache(struct idle *idle)
{
    for (int i = 0; i < SIZES * OF_EACH; i++)
        CHECK((idle->blocks[i] = malloc((size_t)(i % SIZES + 1) * 48)) != NULL);
    for (int i = 0; i < SIZES * OF_EACH; i++)
        free(idle->blocks[i]);
}

static void make_call(const char *call, void *mine)
{
    char *block = NULL;
    if (strcmp(call, "malloc") == 0)
        block = malloc(300);
    else if (strcmp(call, "calloc") == 0)
        block = calloc(3, 100);
    else if (strcmp(call, "realloc") == 0)
        block = realloc(mine, 700);
    else if (strcmp(call, "memalign") == 0)
        block = memalign(64, 300);
    else
        free(mine);
    CHECK((block != NULL) == (strcmp(call, "free") != 0));
    CHECK(strcmp(call, "calloc") != 0 || is_zero(block, 300));
}

static void *be_idle(void *argument)
{
    struct idle *idle = argument;
    // So much lives that the cache is kept.
    blocks_fill(&idle->live, 16, 4096, 4 * MIB);
    void *mine = malloc(500);
    use_cache(idle);
    sem_post(&idle->done);
    wait_on(&idle->go);
    make_call(idle->call, mine);
    sem_post(&idle->done);
    wait_on(&idle->go);
    blocks_check(&idle->live);
    use_cache(idle);
    blocks_check(&idle->live);
    blocks_shuffle(&idle->live);
    sem_post(&idle->done);
    wait_on(&idle->go);
    blocks_free(&idle->live);
    return NULL;
}

// A little work now and then, more than fits into a cache.
static void work(void)
{
    enum { COUNT = 5000 };
    static void *blocks[COUNT];
    for (uint64_t end = now_ms() + IDLE_MS; now_ms() < end; sleep_ms(5)) {
        for (int i = 0; i < COUNT; i++)
            CHECK((blocks[i] = malloc(1000)) != NULL);
        for (int i = 0; i < COUNT; i++)
            free(blocks[i]);
    }
}

int main(void)
{
    static struct blocks beside;
    blocks_make(&beside, 20 * 1000, 2);
    blocks_fill(&beside, 16, 4096, 4 * MIB);
    size_t cached[THREADS];
    for (int i = 0; i < THREADS; i++) {
        struct idle *idle = &idles[i];
        idle->call = calls[i];
        CHECK(sem_init(&idle->go, 0, 0) == 0 && sem_init(&idle->done, 0, 0) == 0);
        blocks_make(&idle->live, 20 * 1000, (unsigned)i);
        size_t before = read_stats().cached_bytes;
        CHECK(pthread_create(&idle->thread, NULL, be_idle, idle) == 0);
        wait_on(&idle->done);
        cached[i] = read_stats().cached_bytes - before;
        CHECK_AT(cached[i] >= 16 * KIB, cached[i]);
    }
    work();
    for (int i = 0; i < THREADS; i++) {
        size_t before = read_stats().cached_bytes, in_use = mallinfo2().uordblks;
        sem_post(&idles[i].go);
        wait_on(&idles[i].done);
        size_t less = before - read_stats().cached_bytes;
        // The call itself may have brought some blocks.
        CHECK_AT(less <= before && less >= cached[i] * 3 / 4, i);
        CHECK_AT(in_use >= mallinfo2().uordblks + cached[i] * 3 / 4, i);
    }
    CHECK(arenite_verify() == 0);
    for (int i = 0; i < THREADS; i++) {
        size_t before = read_stats().cached_bytes;
        sem_post(&idles[i].go);
        wait_on(&idles[i].done);
        CHECK_AT(read_stats().cached_bytes >= before + 4 * KIB, i);
    }
    for (int i = 0; i < THREADS; i++) {
        sem_post(&idles[i].go);
        CHECK(pthread_join(idles[i].thread, NULL) == 0);
    }
    CHECK(arenite_verify() == 0);
    blocks_check(&beside);
    return 0;
}
