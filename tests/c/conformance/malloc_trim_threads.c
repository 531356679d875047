// malloc_trim may be called at any time, by several threads at once, while others allocate: no block changes,
// calloc gives zeros, and errno is kept.
// shows: malloc_trim: while other threads allocate
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { WORKERS = 4, TRIMMERS = 2, LIVE = 200, STEPS = 12000 };

static atomic_int working = WORKERS;

static void *work(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    uint64_t state = seed + 1;
    char *blocks[LIVE] = { NULL };
    size_t sizes[LIVE] = { 0 };
    for (int step = 0; step < STEPS; step++) {
        size_t i = (size_t)(next_random(&state) % LIVE);
        CHECK(blocks[i] == NULL || holds_sparsely(blocks[i], sizes[i], seed));
        free(blocks[i]);
        sizes[i] = random_size(&state);
        blocks[i] = step % 2 ? calloc(1, sizes[i]) : malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        if (step % 2)
            CHECK_AT(is_zero(blocks[i], sizes[i]), sizes[i]);
        fill_sparsely(blocks[i], sizes[i], seed);
    }
    for (int i = 0; i < LIVE; i++)
        free(blocks[i]);
    atomic_fetch_sub(&working, 1);
    return NULL;
}

static void *trim(void *argument)
{
    size_t pad = (uintptr_t)argument * 100 * KIB;
    do {
        errno = 55;
        int result = malloc_trim(pad);
        CHECK(errno == 55 && (result == 0 || result == 1));
    } while (atomic_load(&working) > 0);
    return NULL;
}

int main(void)
{
    pthread_t threads[WORKERS + TRIMMERS];
    for (uintptr_t i = 0; i < WORKERS + TRIMMERS; i++)
        CHECK(pthread_create(&threads[i], NULL, i < WORKERS ? work : trim, (void *)i) == 0);
    for (int i = 0; i < WORKERS + TRIMMERS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
