// Statistics in the child of a fork while other threads are in the middle of calls: arenas that somebody was
// in are abandoned there, and still every answer holds what it promises.
// args: 40
// long: 1000
// seconds: 120
// glibc: no
// shows: extensions: all reports: in the child of a fork
// shows: fork: mallinfo2 and statistics in the child
#include "extensions.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

static atomic_bool is_over;

static void *churn(void *argument)
{
    uint64_t random = (uintptr_t)argument;
    void *blocks[100] = { NULL };
    while (!atomic_load(&is_over)) {
        size_t index = next_random(&random) % 100;
        free(blocks[index]);
        blocks[index] = malloc(random_size(&random) % (100 * KIB));
        CHECK(blocks[index] != NULL);
    }
    for (int i = 0; i < 100; i++)
        free(blocks[i]);
    return NULL;
}

static int look(const struct arenite_block *block, void *count)
{
    CHECK(block->size >= 16);
    free(malloc(block->size % 5000));
    ++*(size_t *)count;
    return 0;
}

static void in_child(void)
{
    static char text[64 * KIB];
    void *block = malloc(3000);
    struct arenite_stats stats = read_stats();
    CHECK(stats.threads == 1);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.uordblks + info.fordblks == info.arena && info.arena == stats.system_bytes);
    int length = arenite_stats_json(text, sizeof text);
    CHECK(length > 0 && (size_t)length < sizeof text);
    check_json(text);
    CHECK(json_number(text, "system_bytes") == stats.system_bytes);
    size_t count = 0;
    CHECK(arenite_heap_walk(look, &count) == 0 && count > 0);
    arenite_purge();
    read_stats();
    free(block);
    _exit(0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    int rounds = atoi(argv[1]);
    pthread_t churners[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&churners[i], NULL, churn, (void *)(intptr_t)(i * 1000 + 3)) == 0);
    for (int round = 0; round < rounds; round++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            in_child();
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_AT(status == 0, status);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(churners[i], NULL) == 0);
    CHECK(arenite_verify() == 0);
    return 0;
}
