// Statistics of every kind, taken by two threads while four others allocate, free, start and end: each answer
// holds what it promises, none crashes, and at the end everything is right.
// args: 60
// long: 3000
// seconds: 120
// glibc: no
// shows: extensions: all reports: at any time, from any thread
// shows: mallinfo2: consistent while other threads allocate
#include "extensions.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_bool is_over;
static int rounds;

static void churn_once(uint64_t *random)
{
    void *blocks[200] = { NULL };
    for (int i = 0; i < 2000; i++) {
        size_t index = next_random(random) % 200;
        free(blocks[index]);
        blocks[index] = malloc(random_size(random));
        CHECK(blocks[index] != NULL);
    }
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
}

static void *short_life(void *seed)
{
    uint64_t random = (uintptr_t)seed + 5;
    churn_once(&random);
    return NULL;
}

static void *churn(void *argument)
{
    uint64_t random = (uintptr_t)argument;
    while (!atomic_load(&is_over)) {
        churn_once(&random);
        if (random % 4 == 0) {
            pthread_t id;
            CHECK(pthread_create(&id, NULL, short_life, (void *)(uintptr_t)random) == 0);
            CHECK(pthread_join(id, NULL) == 0);
        }
    }
    return NULL;
}

static int look(const struct arenite_block *block, void *count)
{
    CHECK(block->address != NULL && is_aligned(block->address, 16));
    CHECK(block->size >= 16);
    ++*(size_t *)count;
    return 0;
}

static void *report(void *argument)
{
    // A stack as large as the smallest thread's would not hold it.
    char *text = malloc(64 * KIB);
    CHECK(text != NULL);
    for (int round = 0; round < rounds; round++) {
        struct arenite_stats stats = read_stats();
        CHECK(stats.threads >= 1);
        struct mallinfo2 info = mallinfo2();
        CHECK(info.uordblks + info.fordblks == info.arena);
        CHECK(info.keepcost <= info.fordblks);
        int length = arenite_stats_json(text, 64 * KIB);
        CHECK(length > 0 && (size_t)length < 64 * KIB);
        check_json(text);
        CHECK(json_number(text, "system_bytes") + json_number(text, "mapped_bytes") ==
              json_number(text, "allocated_bytes") + json_number(text, "cached_bytes") +
                  json_number(text, "free_bytes") + json_number(text, "overhead_bytes"));
        size_t count = 0;
        CHECK(arenite_heap_walk(look, &count) == 0);
        CHECK(count > 0);
        if (argument != NULL && round % 8 == 0)
            arenite_purge();
    }
    free(text);
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2 && (rounds = atoi(argv[1])) > 0);
    free(malloc(1));
    pthread_t churners[4], reporter;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&churners[i], NULL, churn, (void *)(intptr_t)(i * 1000 + 3)) == 0);
    CHECK(pthread_create(&reporter, NULL, report, &rounds) == 0);
    report(NULL);
    CHECK(pthread_join(reporter, NULL) == 0);
    atomic_store(&is_over, true);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(churners[i], NULL) == 0);
    CHECK(arenite_verify() == 0);
    struct arenite_stats stats = read_stats();
    CHECK(stats.threads == 1);
    // All that the threads had is free again.
    CHECK_AT(stats.allocated_bytes < 64 * KIB, stats.allocated_bytes);
    return 0;
}
