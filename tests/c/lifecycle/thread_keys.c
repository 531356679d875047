// Destructors of thread-specific data allocate and free, some before and some after the allocator's
// own clean-up of the thread (they set their key again for another round); keys were created before
// and after the first allocation. Thousands of threads leak nothing. Argument: threads.
// shows: arenas: destructors may allocate after the allocator's own clean-up
// args: 1000
#include "check.h"
#include <limits.h>
#include <pthread.h>

enum { KEYS = 6 };
static pthread_key_t keys[KEYS];
static __thread int rounds[KEYS];
static long destructor_calls;

static void destroy(void *value)
{
    int key = *(int *)value;
    free(value);
    char *blocks[12];
    for (int i = 0; i < 12; i++) {
        blocks[i] = malloc((size_t)(i * i * 70 + 1));
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, (size_t)(i * i * 70 + 1));
    }
    for (int i = 0; i < 12; i++)
        free(blocks[i]);
    char *large = realloc(malloc(50 * KIB), 90 * KIB);
    CHECK(large != NULL);
    memset(large, 1, 90 * KIB);
    free(large);
    __atomic_add_fetch(&destructor_calls, 1, __ATOMIC_RELAXED);
    // Again, as long as the C library goes on asking; the last round must leave nothing.
    if (++rounds[key] < PTHREAD_DESTRUCTOR_ITERATIONS) {
        int *again = malloc(sizeof *again);
        CHECK(again != NULL);
        *again = key;
        CHECK(pthread_setspecific(keys[key], again) == 0);
    }
}

__attribute__((constructor(101))) static void early(void)
{
    for (int i = 0; i < KEYS / 2; i++)
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
}

static void *work(void *unused)
{
    (void)unused;
    for (int i = 0; i < KEYS; i++) {
        int *value = malloc(sizeof *value);
        CHECK(value != NULL);
        *value = i;
        CHECK(pthread_setspecific(keys[i], value) == 0);
    }
    for (size_t size = 1; size < 60000; size = size * 2 + 1)
        free(malloc(size));
    return NULL;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1000;
    free(malloc(1));
    for (int i = KEYS / 2; i < KEYS; i++)
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
    long warm_rss = 0, warm_size = 0;
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        if (i == count / 10) {
            warm_rss = rss_kb();
            warm_size = vmsize_kb();
        }
    }
    CHECK(destructor_calls == (long)count * KEYS * PTHREAD_DESTRUCTOR_ITERATIONS);
    CHECK_AT(rss_kb() - warm_rss < 8 * 1024, (size_t)(rss_kb() - warm_rss));
    CHECK_AT(vmsize_kb() - warm_size < 16 * 1024, (size_t)(vmsize_kb() - warm_size));
    return 0;
}
