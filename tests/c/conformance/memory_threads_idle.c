// A thousand threads have used ten blocks of each of twenty sizes, freed them, and wait: less than 64 KiB of memory
// each. Five thousand threads that do so one after the other, or eight at a time, leave no more than 2 MiB above what
// the first ones left.
// glibc: no
// cases: stay one-by-one eight-at-a-time
// seconds: 60
// shows: memory: many threads: {case}
#include "resident.h"

enum { SIZES = 20, OF_EACH = 10, STAYING = 1000, SHORT = 5000, MOST_AT_A_TIME = 8 };

static pthread_barrier_t begin, used, over;
static pthread_attr_t small_stack;

// From 16 to 2,960 bytes, each about a quarter above the one before.
static void use_all_sizes(void)
{
    void *blocks[SIZES * OF_EACH];
    size_t size = 16;
    for (int i = 0; i < SIZES * OF_EACH; i++) {
        CHECK((blocks[i] = malloc(size)) != NULL);
        memset(blocks[i], i, size);
        size = i % SIZES == SIZES - 1 ? 16 : (size * 5 / 4 + 15) / 16 * 16;
    }
    for (int i = 0; i < SIZES * OF_EACH; i++)
        free(blocks[i]);
}

static void *stay(void *argument)
{
    pthread_barrier_wait(&begin);
    use_all_sizes();
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&over);
    return argument;
}

static void *go(void *argument)
{
    use_all_sizes();
    return argument;
}

static void many_stay(void)
{
    static pthread_t threads[STAYING];
    pthread_barrier_t *const all[] = { &begin, &used, &over };
    for (int i = 0; i < 3; i++)
        CHECK(pthread_barrier_init(all[i], NULL, STAYING + 1) == 0);
    for (int i = 0; i < STAYING; i++)
        CHECK(pthread_create(&threads[i], &small_stack, stay, NULL) == 0);
    // Their stacks are there already, mostly.
    long start = resident_kb();
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&used);
    long each = (resident_kb() - start) / STAYING;
    CHECK_AT(each <= 63, each);
    CHECK(arenite_verify() == 0);
    pthread_barrier_wait(&over);
    for (int i = 0; i < STAYING; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    long left = resident_kb() - start;
    CHECK_AT(left <= 32L * STAYING, left);
    CHECK(arenite_verify() == 0);
}

static void wave(int at_a_time)
{
    pthread_t threads[MOST_AT_A_TIME];
    for (int i = 0; i < at_a_time; i++)
        CHECK(pthread_create(&threads[i], &small_stack, go, NULL) == 0);
    for (int i = 0; i < at_a_time; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

static void many_come_and_go(int at_a_time)
{
    wave(at_a_time);
    long start = resident_kb();
    for (int done = at_a_time; done < SHORT; done += at_a_time)
        wave(at_a_time);
    long more = resident_kb() - start;
    CHECK_AT(more <= 2048, more);
    CHECK(arenite_verify() == 0);
}

int main(int argc, char **argv)
{
    const char *which = argc > 1 ? argv[1] : "stay";
    CHECK(pthread_attr_init(&small_stack) == 0);
    CHECK(pthread_attr_setstacksize(&small_stack, 64 * KIB) == 0);
    free(opaque(malloc(100)));
    resident_kb();
    if (strcmp(which, "stay") == 0)
        many_stay();
    else
        many_come_and_go(strcmp(which, "one-by-one") == 0 ? 1 : MOST_AT_A_TIME);
    return 0;
}
