// The statistics as JSON: valid, cut off as snprintf does, nothing is allocated for it, and sums, arenas and
// size classes agree with each other and with the struct.
// glibc: no
// shows: extensions: arenite_stats_json: valid, as snprintf, equal to arenite_stats
#include "extensions.h"

#include <pthread.h>

static char text[256 * KIB];

static void *wait_for_end(void *blocks)
{
    for (int i = 0; i < 50; i++)
        ((void **)blocks)[i] = malloc(700);
    free(((void **)blocks)[0]);
    pthread_exit(NULL);
}

// The sum of all numbers with this name in the text from `start` to `end`.
static size_t sum(const char *start, const char *end, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    size_t sum = 0;
    for (const char *next = start; (next = strstr(next, key)) != NULL && next < end; next++)
        sum += strtoul(next + strlen(key), NULL, 10);
    return sum;
}

int main(void)
{
    static void *blocks[600], *of_thread[50];
    pthread_t id;
    CHECK(pthread_create(&id, NULL, wait_for_end, of_thread) == 0 && pthread_join(id, NULL) == 0);
    for (size_t i = 0; i < 600; i++)
        CHECK((blocks[i] = malloc(i * 40)) != NULL);
    for (size_t i = 0; i < 600; i += 2)
        free(blocks[i]);

    struct arenite_stats before = read_stats();
    int length = arenite_stats_json(text, sizeof text);
    struct arenite_stats stats = read_stats();
    CHECK(memcmp(&before, &stats, sizeof stats) == 0);
    CHECK_AT(length > 1000 && (size_t)length == strlen(text), length);
    CHECK_AT((size_t)length < 16 * KIB + 300 * stats.arenas, length);
    check_json(text);

#define SAME(member) CHECK_AT(json_number(text, #member) == stats.member, json_number(text, #member))
    SAME(arenas);
    SAME(threads);
    SAME(system_bytes);
    SAME(system_bytes_max);
    SAME(mapped_chunks);
    SAME(mapped_chunks_max);
    SAME(mapped_bytes);
    SAME(mapped_bytes_max);
    SAME(metadata_bytes);
    SAME(allocated_bytes);
    SAME(cached_blocks);
    SAME(cached_bytes);
    SAME(free_chunks);
    SAME(free_objects);
    SAME(free_bytes);
    SAME(purged_bytes);
    SAME(overhead_bytes);

    const char *arenas = strstr(text, "\"arena_list\"");
    const char *classes = strstr(text, "\"size_classes\"");
    CHECK(arenas != NULL && classes > arenas);
    size_t outside = json_number(text, "waiting_bytes");
    size_t unusable = json_number(text, "break_gap_bytes") + json_number(text, "abandoned_bytes");
    CHECK(sum(arenas, classes, "system_bytes") + outside + unusable == stats.system_bytes);
    CHECK(sum(arenas, classes, "free_bytes") + outside == stats.free_bytes);
    CHECK(sum(arenas, classes, "overhead_bytes") + unusable == stats.overhead_bytes);
    CHECK(sum(arenas, classes, "used_bytes") + stats.mapped_bytes == stats.allocated_bytes + stats.cached_bytes);
    CHECK(sum(arenas, classes, "free_objects") == stats.free_objects);
    const char *end = strstr(classes, "]");
    CHECK(sum(classes, end, "free_objects") == stats.free_objects);
    CHECK(sum(classes, end, "cached_blocks") == stats.cached_blocks);

    // As snprintf.
    char small[40];
    for (size_t size = 0; size <= sizeof small; size++) {
        memset(small, '#', sizeof small);
        CHECK(arenite_stats_json(small, size) == length);
        CHECK(size == 0 || (memcmp(small, text, size - 1) == 0 && small[size - 1] == '\0'));
        CHECK(size == sizeof small || small[size] == '#');
    }
    CHECK(arenite_stats_json(NULL, 0) == length);
    return 0;
}
