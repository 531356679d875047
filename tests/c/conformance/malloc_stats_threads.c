// malloc_stats from several threads at once while others allocate: all reports are written, in
// whole lines.
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
    size_t totals = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        bool is_known = strncmp(line, "Arena ", 6) == 0 || strncmp(line, "system bytes     = ", 19) == 0
                        || strncmp(line, "in use bytes     = ", 19) == 0
                        || strncmp(line, "max mmap regions = ", 19) == 0
                        || strncmp(line, "max mmap bytes   = ", 19) == 0;
        bool is_total = strcmp(line, "Total (incl. mmap):") == 0;
        if (!is_known && !is_total)
            check_failed(__FILE__, __LINE__, "a strange line: %s", line);
        totals += is_total;
    }
    CHECK_AT(totals == REPORTERS * REPORTS, totals);
    return 0;
}
