// Everything is freed, in order or shuffled: right after the last free, without any further call, no more than
// 256 KiB above the start are resident; of four threads that have freed their own and wait, so much for each.
// glibc: no
// cases: small-in-order small-shuffled medium-in-order medium-shuffled large-in-order large-shuffled mixed-in-order mixed-shuffled tiny-shuffled small-shuffled-threads mixed-shuffled-threads
// shows: memory: all goes back with the last free: {case}
#include "resident.h"

enum { MOST_THREADS = 4, TOTAL_MIB = 80, MOST_LEFT_KB = 256 };

static const char *kind;
static bool is_shuffled;
static unsigned threads = 1;
static struct blocks blocks[MOST_THREADS];
static pthread_barrier_t barrier;

static void wait_for_all(void)
{
    if (threads > 1)
        pthread_barrier_wait(&barrier);
}

static bool is_kind(const char *name) { return strncmp(kind, name, strlen(name)) == 0; }

static void fill_table(struct blocks *own)
{
    size_t bytes = TOTAL_MIB * MIB / threads;
    if (is_kind("tiny"))
        blocks_fill(own, 1, 64, bytes / 4);
    else if (is_kind("small"))
        blocks_fill(own, 16, 1024, bytes);
    else if (is_kind("medium"))
        blocks_fill(own, 1025, 64 * KIB, bytes);
    else if (is_kind("large"))
        blocks_fill(own, 64 * KIB, 2 * MIB, bytes);
    else
        blocks_fill_mixed(own, bytes);
    if (is_shuffled)
        blocks_shuffle(own);
}

static void *work(void *argument)
{
    struct blocks *own = argument;
    free(opaque(malloc(100)));
    wait_for_all();
    wait_for_all();
    fill_table(own);
    wait_for_all();
    wait_for_all();
    blocks_free(own);
    wait_for_all();
    wait_for_all();
    return NULL;
}

static void check_left(long start)
{
    long left = resident_kb() - start;
    CHECK_AT(left <= MOST_LEFT_KB * (long)threads, left);
}

static void check_peak(long start)
{
    long peak = resident_kb() - start;
    CHECK_AT(peak >= (is_kind("tiny") ? TOTAL_MIB / 4 : TOTAL_MIB) * 1024, peak);
}

static void run_threads(void)
{
    pthread_t running[MOST_THREADS];
    CHECK(pthread_barrier_init(&barrier, NULL, threads + 1) == 0);
    for (unsigned i = 0; i < threads; i++)
        CHECK(pthread_create(&running[i], NULL, work, &blocks[i]) == 0);
    wait_for_all();
    long start = resident_kb();
    wait_for_all();
    wait_for_all();
    check_peak(start);
    wait_for_all();
    wait_for_all();
    check_left(start);
    CHECK(arenite_verify() == 0);
    wait_for_all();
    for (unsigned i = 0; i < threads; i++)
        CHECK(pthread_join(running[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    kind = argc > 1 ? argv[1] : "small";
    is_shuffled = strstr(kind, "shuffled") != NULL;
    threads = strstr(kind, "threads") != NULL ? MOST_THREADS : 1;
    for (unsigned i = 0; i < threads; i++)
        blocks_make(&blocks[i], 800 * 1000 / threads, i);
    free(opaque(malloc(100)));
    resident_kb();
    if (threads > 1) {
        run_threads();
        return 0;
    }
    long start = resident_kb();
    fill_table(&blocks[0]);
    check_peak(start);
    blocks_free(&blocks[0]);
    check_left(start);
    CHECK(arenite_verify() == 0);
    return 0;
}
