// Many more threads than arenas allocate, resize and free each other's blocks through shared slots;
// each block's contents are checked by whoever takes it. At the end everything is free, and the
// memory is given back. Arguments: seconds, threads.
// shows: extensions: arenite_verify
// shows: arenas: blocks freed by another thread come back, with more threads than arenas
// args: 2 64
// long: 60 64
// seconds: 30
#include "check.h"
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

// Checks every structure of the heap, arena by arena.
extern int arenite_verify(void) __attribute__((weak));

enum { SLOTS = 8192, MAX_THREADS = 256 };

struct block {
    size_t size;
    unsigned seed;
};

static _Atomic(struct block *) slots[SLOTS];
static atomic_bool stop;

static void check_and_free(struct block *block)
{
    if (block == NULL)
        return;
    size_t size = block->size;
    CHECK_AT(size >= sizeof *block && malloc_usable_size(block) >= size, size);
    CHECK_AT(holds_sparsely(block + 1, size - sizeof *block, block->seed), size);
    free(block);
}

static struct block *make(uint64_t *state)
{
    size_t size = sizeof(struct block) + random_size(state);
    uint64_t how = next_random(state) % 16;
    struct block *block = how == 0 ? memalign(64, size) : how == 1 ? calloc(1, size) : malloc(size);
    CHECK_AT(block != NULL, size);
    if (how == 1)
        CHECK_AT(is_zero(block, size < 4096 ? size : 4096), size);
    block->size = size;
    block->seed = (unsigned)next_random(state);
    fill_sparsely(block + 1, size - sizeof *block, block->seed);
    return block;
}

static struct block *resize(struct block *block, uint64_t *state)
{
    size_t old = block->size;
    size_t size = sizeof *block + random_size(state);
    // Full patterns, so that any prefix can be checked afterwards.
    fill(block + 1, old - sizeof *block, block->seed);
    block = realloc(block, size);
    CHECK_AT(block != NULL, size);
    size_t kept = size < old ? size : old;
    CHECK_AT(holds(block + 1, kept - sizeof *block, block->seed), size);
    block->size = size;
    fill_sparsely(block + 1, size - sizeof *block, block->seed);
    return block;
}

static void *work(void *argument)
{
    uint64_t state = (uintptr_t)argument * 0x9e3779b97f4a7c15ULL + 1;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        struct block *block = make(&state);
        if (next_random(&state) % 16 == 0)
            block = resize(block, &state);
        check_and_free(atomic_exchange(&slots[next_random(&state) % SLOTS], block));
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 1;
    int count = argc > 2 ? atoi(argv[2]) : 64;
    CHECK(count <= MAX_THREADS);
    static pthread_t threads[MAX_THREADS];
    long start = rss_kb();
    for (int i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(i + 1)) == 0);
    long peak = start;
    for (int i = 0; i < seconds * 2; i++) {
        usleep(500000);
        peak = rss_kb() > peak ? rss_kb() : peak;
        CHECK(arenite_verify == NULL || arenite_verify() == 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < SLOTS; i++)
        check_and_free(atomic_exchange(&slots[i], NULL));
    CHECK(arenite_verify == NULL || arenite_verify() == 0);
    // What is left are pages with blocks in this thread's cache. glibc keeps more: the free ends of its
    // secondary arenas, after malloc_trim too.
    if (on_arenite()) {
        CHECK_AT(rss_kb() - start < (peak - start) / 4, (size_t)(rss_kb() - start));
        malloc_trim(0);
        CHECK_AT(rss_kb() - start < 12 * 1024, (size_t)(rss_kb() - start));
    }
    return 0;
}
