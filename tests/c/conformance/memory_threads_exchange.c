// Threads free each other's blocks while the heap shrinks to nearly nothing and grows again, several times, and one
// more trims and verifies meanwhile: pages, slabs and their descriptors go back and come again under remote frees.
// Contents are right, arenite_verify finds nothing wrong, and at the end nothing much is left.
// glibc: no
// shows: memory: shrinks and grows while other threads free
#include "resident.h"
#include <stdatomic.h>

enum { THREADS = 4, SLOTS = 40 * 1000, PHASE_MS = 60, PHASES = 20 };

struct head {
    unsigned size, seed;
};

static _Atomic(struct head *) slots[SLOTS];
static atomic_int phase;

static struct head *new_block(uint64_t *random)
{
    uint64_t drawn = next_random(random);
    size_t size = sizeof(struct head) + (drawn % 100 == 0 ? (drawn >> 8) % (30 * KIB) : (drawn >> 8) % 1000);
    struct head *block = malloc(size);
    CHECK(block != NULL);
    block->size = (unsigned)size;
    block->seed = (unsigned)(drawn >> 32);
    fill_sparsely(block + 1, size - sizeof *block, block->seed);
    return block;
}

static void free_block(struct head *block)
{
    if (block == NULL)
        return;
    CHECK(block->size >= sizeof *block && block->size < 32 * KIB);
    CHECK(holds_sparsely(block + 1, block->size - sizeof *block, block->seed));
    free(block);
}

// In even phases every slot gets a block, in odd ones all but a few lose theirs.
static void *work(void *argument)
{
    uint64_t random = (uintptr_t)argument + 77;
    for (int now; (now = atomic_load(&phase)) < PHASES;) {
        struct head *block = now % 2 == 0 || next_random(&random) % 100 == 0 ? new_block(&random) : NULL;
        free_block(atomic_exchange(&slots[next_random(&random) % SLOTS], block));
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < SLOTS; i++)
        atomic_store(&slots[i], NULL);
    free(opaque(malloc(100)));
    resident_kb();
    long start = resident_kb();
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int now = 0; now < PHASES; now++) {
        sleep_ms(PHASE_MS);
        CHECK(arenite_verify() == 0);
        if (now % 4 == 1)
            malloc_trim(0);
        atomic_fetch_add(&phase, 1);
    }
    for (unsigned i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(arenite_verify() == 0);
    for (size_t i = 0; i < SLOTS; i++)
        free_block(atomic_exchange(&slots[i], NULL));
    CHECK(arenite_verify() == 0);
    malloc_trim(0);
    struct arenite_stats stats = read_stats();
    CHECK_AT(stats.allocated_bytes <= 64 * KIB && stats.cached_blocks == 0, stats.allocated_bytes);
    long left = resident_kb() - start;
    CHECK_AT(left <= 1024, left);
    return 0;
}
