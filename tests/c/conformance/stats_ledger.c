// The ledger: several threads allocate, resize and free blocks of random sizes, also each other's, and keep an
// account of the bytes of each block to its size class. Whenever they are quiet the statistics are exactly
// that, the walk over the heap finds the same, and what the allocator has from the system is what the kernel
// says. Also after the threads have ended, and in the child of a fork.
// args: 4 4000
// long: 8 200000
// seconds: 120
// glibc: no
// shows: extensions: arenite_stats: equal to a program's own ledger and to /proc/self/maps
// shows: extensions: arenite_heap_walk: equal to a program's own ledger
// shows: mallinfo2: arena + hblkhd equal to /proc/self/maps
// shows: mallinfo2: uordblks + fordblks == arena
#include "extensions.h"

#include <limits.h>
#include <pthread.h>
#include <sys/wait.h>

enum { SLOTS = 300, THREADS_MAX = 16 };

static struct {
    pthread_mutex_t lock;
    char *block;
    size_t size;
} slots[SLOTS];
static int threads, steps;
static pthread_barrier_t barrier;

// All threads use all slots, so that blocks are freed by other threads than they were allocated by.
static void step(uint64_t *random)
{
    size_t index = next_random(random) % SLOTS;
    CHECK(pthread_mutex_lock(&slots[index].lock) == 0);
    char *block = slots[index].block;
    size_t size = random_size(random);
    switch (next_random(random) % 8) {
    case 0:
        block = realloc(block, size + 1);
        CHECK(block != NULL);
        break;
    case 1:
        free(block);
        block = memalign((size_t)16 << (next_random(random) % 11), size);
        CHECK(block != NULL);
        break;
    case 2: case 3: case 4:
        free(block);
        block = NULL;
        break;
    default:
        free(block);
        block = malloc(size);
        CHECK(block != NULL);
        if (size > 0)
            block[size - 1] = 1;
    }
    slots[index].block = block;
    pthread_mutex_unlock(&slots[index].lock);
}

static void *work(void *argument)
{
    uint64_t random = (uintptr_t)argument * 7919 + 17;
    for (int round = 0; round < 3; round++) {
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < steps; i++)
            step(&random);
        // Quiet until the main thread has looked.
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

struct sums {
    size_t by_state[3];
    size_t mapped, blocks;
    uintptr_t last;
    unsigned arena;
};

static int add(const struct arenite_block *block, void *context)
{
    struct sums *sums = context;
    CHECK(block->kind >= ARENITE_OBJECT && block->kind <= ARENITE_MAPPED);
    CHECK(block->state >= ARENITE_ALLOCATED && block->state <= ARENITE_FREE);
    CHECK((block->kind == ARENITE_MAPPED) == (block->arena == UINT_MAX));
    CHECK(block->arena != sums->arena || (uintptr_t)block->address > sums->last);
    sums->arena = block->arena;
    sums->last = (uintptr_t)block->address;
    sums->by_state[block->state] += block->size;
    if (block->kind == ARENITE_MAPPED)
        sums->mapped += block->size;
    sums->blocks++;
    return 0;
}

static size_t ledger(void)
{
    size_t sum = 0;
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].block != NULL)
            sum += counted_bytes(slots[i].block);
    return sum;
}

// What was allocated besides the slots, and mapped besides the heap, before it all began.
static size_t others_allocated, others_mapped;

static void compare(void)
{
    struct arenite_stats stats = read_stats();
    CHECK_AT(stats.allocated_bytes == others_allocated + ledger(), stats.allocated_bytes);
    struct sums sums = { .arena = UINT_MAX - 1 };
    CHECK(arenite_heap_walk(add, &sums) == 0);
    CHECK_AT(sums.by_state[ARENITE_ALLOCATED] == stats.allocated_bytes, sums.by_state[ARENITE_ALLOCATED]);
    CHECK_AT(sums.by_state[ARENITE_CACHED] == stats.cached_bytes, sums.by_state[ARENITE_CACHED]);
    CHECK(sums.by_state[ARENITE_FREE] <= stats.free_bytes);
    CHECK(sums.mapped == stats.mapped_bytes);
    size_t heap;
    size_t anonymous = anonymous_and_heap(&heap);
    size_t system = stats.system_bytes + stats.mapped_bytes + stats.metadata_bytes;
    CHECK_AT(anonymous == others_mapped + system, anonymous - others_mapped - system);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.arena == stats.system_bytes && info.hblkhd == stats.mapped_bytes);
    CHECK(info.hblks == stats.mapped_chunks && info.fordblks == stats.free_bytes);
    CHECK(info.ordblks == stats.free_chunks + stats.free_objects);
    CHECK(info.uordblks + info.fordblks == info.arena);
    CHECK(info.smblks == 0 && info.fsmblks == 0 && info.usmblks == 0);
    CHECK(arenite_verify() == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    threads = atoi(argv[1]);
    steps = atoi(argv[2]);
    CHECK(threads > 0 && threads <= THREADS_MAX && steps > 0);
    pthread_t ids[THREADS_MAX];
    CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1) == 0);
    for (int i = 0; i < SLOTS; i++)
        CHECK(pthread_mutex_init(&slots[i].lock, NULL) == 0);

    // The break begins with this heap, and all of it is the allocator's.
    free(malloc(100));
    size_t heap;
    anonymous_and_heap(&heap);
    struct arenite_stats first = read_stats();
    CHECK_AT(heap == first.system_bytes, heap);

    for (int i = 0; i < threads; i++)
        CHECK(pthread_create(&ids[i], NULL, work, (void *)(intptr_t)(i + 1)) == 0);
    struct arenite_stats stats = read_stats();
    others_allocated = stats.allocated_bytes;
    others_mapped = anonymous_and_heap(&heap) - stats.system_bytes - stats.mapped_bytes - stats.metadata_bytes;
    compare();
    for (int round = 0; round < 3; round++) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        // The threads may be on their way out of the barrier, but they allocate nothing.
        if (round < 2)
            compare();
    }
    for (int i = 0; i < threads; i++)
        CHECK(pthread_join(ids[i], NULL) == 0);

    // Stacks of ended threads may be kept or not, and what was allocated for the threads be freed.
    stats = read_stats();
    CHECK(stats.threads == 1);
    CHECK(stats.allocated_bytes <= others_allocated + ledger());
    others_allocated = stats.allocated_bytes - ledger();
    others_mapped = anonymous_and_heap(&heap) - stats.system_bytes - stats.mapped_bytes - stats.metadata_bytes;
    uint64_t random = 4711;
    for (int i = 0; i < steps; i++)
        step(&random);
    compare();
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        compare();
        for (int i = 0; i < steps; i++)
            step(&random);
        compare();
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);

    for (int i = 0; i < SLOTS; i++) {
        free(slots[i].block);
        slots[i].block = NULL;
    }
    malloc_trim(0);
    compare();
    return 0;
}
