// malloc_stats from several threads at once while others allocate: the lines of each report stay together.
// shows: malloc_stats: from several threads while others allocate
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { WORKERS = 3, REPORTERS = 2, REPORTS = 100, LIVE = 200 };

static atomic_bool is_over;

static void *work(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    char *blocks[LIVE] = { NULL };
    while (!atomic_load(&is_over)) {
        size_t i = (size_t)(next_random(&state) % LIVE);
        free(blocks[i]);
        blocks[i] = malloc(random_size(&state));
        CHECK(blocks[i] != NULL);
    }
    for (int i = 0; i < LIVE; i++)
        free(blocks[i]);
    return NULL;
}

static void *report(void *unused)
{
    for (int i = 0; i < REPORTS; i++)
        malloc_stats();
    return unused;
}

static void run(void)
{
    pthread_t workers[WORKERS], reporters[REPORTERS];
    for (uintptr_t i = 0; i < WORKERS; i++)
        CHECK(pthread_create(&workers[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < REPORTERS; i++)
        CHECK(pthread_create(&reporters[i], NULL, report, NULL) == 0);
    for (int i = 0; i < REPORTERS; i++)
        CHECK(pthread_join(reporters[i], NULL) == 0);
    atomic_store(&is_over, true);
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);
}

int main(void)
{
    static char text[1024 * 1024];
    size_t length = capture_stderr(run, text, sizeof text);
    CHECK(length < sizeof text - 1);
    // What may follow which line; an arena's number counts up from 0 in each report.
    enum { ARENA, ARENA_SYSTEM, ARENA_USE, TOTAL, TOTAL_SYSTEM, TOTAL_USE, REGIONS, BYTES };
    int last = BYTES;
    size_t totals = 0, arenas = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        int kind = -1;
        if (strncmp(line, "Arena ", 6) == 0 && (last == BYTES || last == ARENA_USE)) {
            arenas = last == BYTES ? 0 : arenas + 1;
            kind = strtoull(line + 6, NULL, 10) == arenas ? ARENA : -1;
        } else if (strncmp(line, "system bytes     = ", 19) == 0 && (last == ARENA || last == TOTAL)) {
            kind = last + 1;
        } else if (strncmp(line, "in use bytes     = ", 19) == 0
                   && (last == ARENA_SYSTEM || last == TOTAL_SYSTEM)) {
            kind = last + 1;
        } else if (strcmp(line, "Total (incl. mmap):") == 0 && last == ARENA_USE) {
            kind = TOTAL;
        } else if (strncmp(line, "max mmap regions = ", 19) == 0 && last == TOTAL_USE) {
            kind = REGIONS;
        } else if (strncmp(line, "max mmap bytes   = ", 19) == 0 && last == REGIONS) {
            kind = BYTES;
        }
        if (kind < 0)
            check_failed(__FILE__, __LINE__, "a line out of order: %s", line);
        last = kind;
        totals += kind == TOTAL;
    }
    CHECK_AT(totals == REPORTERS * REPORTS, totals);
    return 0;
}
