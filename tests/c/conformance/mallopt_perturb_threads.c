// shows: mallopt: M_PERTURB reaches threads that are already running
// Threads that have allocated before mallopt was called fill what they allocate and free afterwards, and no
// longer when it is switched off; so do threads that free another's blocks, and destructors of thread data
// that run last of all.
// glibc: no
#include "../perturb.h"

enum { THREADS = 4, BLOCKS = 100 };
static pthread_barrier_t barrier;
static unsigned char *shared[THREADS][BLOCKS];
static pthread_key_t key;
static atomic_int destructor_runs;
static pthread_mutex_t last = PTHREAD_MUTEX_INITIALIZER;

static size_t size_of_block(unsigned i) { return 40 + (size_t)i * i * 2; }

static void use_and_check(bool is_set)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        size_t size = size_of_block(i);
        unsigned char *block = malloc(size);
        CHECK(block != NULL);
        if (is_set)
            CHECK_FRESH(block, size);
        size_t usable = malloc_usable_size(block);
        memset(block, 0x33, usable);
        free(block);
        if (is_set)
            CHECK_FREED(block, usable);
        else
            CHECK_AT(is_all(block, FREE_LINKS, size - FREE_END, 0x33), size);
    }
}

static void destroy(void *value)
{
    // Again and again, until the allocator's own data of this thread is gone.
    if ((uintptr_t)value < 4) {
        CHECK(pthread_setspecific(key, (void *)((uintptr_t)value + 1)) == 0);
        return;
    }
    // One at a time: without data of their own, threads may get what another has just freed.
    CHECK(pthread_mutex_lock(&last) == 0);
    use_and_check(true);
    CHECK(pthread_mutex_unlock(&last) == 0);
    atomic_fetch_add(&destructor_runs, 1);
}

static void *work(void *argument)
{
    uintptr_t me = (uintptr_t)argument;
    // Fills this thread's caches.
    use_and_check(false);
    pthread_barrier_wait(&barrier);
    // mallopt is called here.
    pthread_barrier_wait(&barrier);
    use_and_check(true);
    for (unsigned i = 0; i < BLOCKS; i++) {
        shared[me][i] = malloc(size_of_block(i));
        CHECK_FRESH(shared[me][i], size_of_block(i));
        memset(shared[me][i], 0x33, malloc_usable_size(shared[me][i]));
    }
    pthread_barrier_wait(&barrier);
    // Another's blocks.
    unsigned char **theirs = shared[(me + 1) % THREADS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        size_t usable = malloc_usable_size(theirs[i]);
        free(theirs[i]);
        CHECK_FREED(theirs[i], usable);
    }
    pthread_barrier_wait(&barrier);
    CHECK(pthread_setspecific(key, (void *)1) == 0);
    pthread_barrier_wait(&barrier);
    return NULL;
}

int main(void)
{
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(pthread_key_create(&key, destroy) == 0);
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS + 1) == 0);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    use_and_check(false);
    pthread_barrier_wait(&barrier);
    CHECK(mallopt(M_PERTURB, PERTURB) == 1);
    pthread_barrier_wait(&barrier);
    use_and_check(true);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(atomic_load(&destructor_runs) == THREADS);
    use_and_check(true);
    CHECK(mallopt(M_PERTURB, 0) == 1);
    use_and_check(false);
    return 0;
}
