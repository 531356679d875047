// The paths through the allocator whose instructions scripts/count-instructions counts.
//
//     paths         prints `NAME OPERATIONS` for each path
//     paths NAME    goes through one path
//
// A path is a function that is called three times, to the same effect each time: twice so that bins,
// slabs and chunks are there, then to be counted. Under callgrind what lies between `start` and `stop`
// counts, and of that only what is in the library: loops here and the C library's part are free.
//
// No path may depend on the clock. The library reads it when memory goes back to the system and when that
// memory is used again, so what is freed here stays below the thresholds, and below a block in use.
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

// Sizes in bytes: a small block, a medium one, a chunk that no thread cache takes, and one with a mapping.
enum { SMALL = 100, MEDIUM = 5000, LARGE = 100000, MAPPED = 1 << 20 };

enum {
    REPEATED = 1000,
    // Blocks of a batch: many times what a thread cache holds of them, and many slabs.
    SMALL_BATCH = 10240,
    MEDIUM_BATCH = 160,
    // At least what a thread cache holds of these.
    MEDIUM_CACHED = 16,
    // Free chunks of LARGE bytes: enough to cut MEDIUM_BATCH blocks from.
    LARGE_CHUNKS = 16,
    THREADS = 64,
    WARM_UPS = 8,
};

static void fail(const char *what)
{
    dprintf(2, "paths: %s\n", what);
    _exit(3);
}

// Whether this is the round that counts.
static bool is_counted;

// Between these two the calling thread's instructions count. There is no request to turn that on or off,
// only one to turn it over.
static void start(void)
{
    if (is_counted)
        CALLGRIND_TOGGLE_COLLECT;
}

static void stop(void) { start(); }

// A block that stays in use; what is free below it cannot become part of the top.
static void keep_block(void)
{
    if (malloc(LARGE / 2) == NULL)
        fail("out of memory");
}

// ---- one block, allocated and freed at once ----

static void pairs(size_t size)
{
    start();
    for (int i = 0; i < REPEATED; i++)
        free(malloc(size));
    stop();
}

static void aligned_pairs(size_t alignment, size_t size)
{
    start();
    for (int i = 0; i < REPEATED; i++)
        free(aligned_alloc(alignment, size));
    stop();
}

static void pair_small(void) { pairs(SMALL); }
static void pair_medium(void) { pairs(MEDIUM); }
static void pair_large(void) { pairs(LARGE); }
static void pair_mapped(void) { pairs(MAPPED); }
static void pair_aligned_small(void) { aligned_pairs(64, 256); }
static void pair_aligned_page(void) { aligned_pairs(4096, 4096); }

static void pair_calloc(void)
{
    start();
    for (int i = 0; i < REPEATED; i++)
        free(calloc(1, SMALL));
    stop();
}

// Makes free chunks for blocks of LARGE bytes.
static void make_free_chunks(int count)
{
    void *chunks[LARGE_CHUNKS];
    for (int i = 0; i < count; i++) {
        chunks[i] = malloc(LARGE);
        keep_block();
    }
    for (int i = 0; i < count; i++)
        free(chunks[i]);
}

static void make_free_chunk(void) { make_free_chunks(1); }
static void make_many_free_chunks(void) { make_free_chunks(LARGE_CHUNKS); }

// Lets mappings begin where they do without valgrind: far above the break, where the library finds them
// in another table. All that is free below is taken, in pieces of at least the size of a mapped block.
static void map_far_from_the_break(void)
{
    const size_t window = (size_t)16 << 30;
    uintptr_t far = (uintptr_t)sbrk(0) + window;
    for (size_t size = window; size >= MAPPED;) {
        void *place = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED)
            fail("mmap refuses address space");
        if ((uintptr_t)place < far)
            continue;
        munmap(place, size);
        size /= 2;
    }
    // The threshold stays where it is, so that every block is mapped.
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    uintptr_t block = (uintptr_t)malloc(MAPPED);
    if (block < far)
        fail("blocks are not mapped far from the break");
    free((void *)block);
}

// ---- many blocks: what a thread cache gets from its arena and gives back to it ----

static void *blocks[SMALL_BATCH];

static void allocate_blocks(int from, int to, size_t size)
{
    for (int i = from; i < to; i++)
        blocks[i] = malloc(size);
}

static void free_blocks(int from, int to)
{
    for (int i = from; i < to; i++)
        free(blocks[i]);
}

// Makes the room for a batch.
static void make_slabs(void)
{
    allocate_blocks(0, SMALL_BATCH, SMALL);
    keep_block();
    free_blocks(0, SMALL_BATCH);
}

// The same order in every run.
static void shuffle_blocks(int count)
{
    uint64_t random = 1;
    for (int i = count - 1; i > 0; i--) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int other = (int)((random >> 33) % (uint64_t)(i + 1));
        void *block = blocks[i];
        blocks[i] = blocks[other];
        blocks[other] = block;
    }
}

static void batch_small_malloc(void)
{
    start();
    allocate_blocks(0, SMALL_BATCH, SMALL);
    stop();
    free_blocks(0, SMALL_BATCH);
}

static void batch_small_free(void)
{
    allocate_blocks(0, SMALL_BATCH, SMALL);
    start();
    free_blocks(0, SMALL_BATCH);
    stop();
}

static void batch_small_free_random(void)
{
    allocate_blocks(0, SMALL_BATCH, SMALL);
    shuffle_blocks(SMALL_BATCH);
    start();
    free_blocks(0, SMALL_BATCH);
    stop();
}

// Blocks that the cache has come first, and do not count.
static void batch_medium_malloc(void)
{
    allocate_blocks(0, MEDIUM_CACHED, MEDIUM);
    start();
    allocate_blocks(MEDIUM_CACHED, MEDIUM_BATCH, MEDIUM);
    stop();
    free_blocks(0, MEDIUM_BATCH);
}

static void batch_medium_free(void)
{
    allocate_blocks(0, MEDIUM_BATCH, MEDIUM);
    start();
    free_blocks(MEDIUM_CACHED, MEDIUM_BATCH);
    stop();
    free_blocks(0, MEDIUM_CACHED);
}

// Memory that was never used before: nothing of it is freed.
static void batch_small_malloc_fresh(void)
{
    start();
    allocate_blocks(0, SMALL_BATCH, SMALL);
    stop();
}

// ---- realloc ----

static void resize(size_t before, size_t after)
{
    for (int i = 0; i < REPEATED; i++) {
        void *block = malloc(before);
        start();
        block = realloc(block, after);
        stop();
        free(block);
    }
}

static void realloc_small_stays(void) { resize(SMALL, SMALL + 1); }
static void realloc_small_moves(void) { resize(SMALL, SMALL + 16); }
static void realloc_large_grows(void) { resize(LARGE / 2, LARGE); }
static void realloc_large_shrinks(void) { resize(LARGE, LARGE / 2); }
static void realloc_mapped_grows(void) { resize(MAPPED, 2 * MAPPED); }

// ---- threads ----

static sem_t wanted, done;

// Fills `blocks` each time that it is wanted, and never ends.
static void *allocate_for_others(void *unused)
{
    (void)unused;
    make_slabs();
    for (;;) {
        sem_wait(&wanted);
        allocate_blocks(0, SMALL_BATCH, SMALL);
        sem_post(&done);
    }
    return NULL;
}

static void start_allocating_thread(void)
{
    pthread_t thread;
    sem_init(&wanted, 0, 0);
    sem_init(&done, 0, 0);
    if (pthread_create(&thread, NULL, allocate_for_others, NULL))
        fail("cannot create a thread");
}

static void batch_small_free_remote(void)
{
    sem_post(&wanted);
    sem_wait(&done);
    start();
    free_blocks(0, SMALL_BATCH);
    stop();
}

static pthread_key_t last_key;

static void stop_at_end(void *unused)
{
    (void)unused;
    stop();
}

// The C library calls destructors in the order of their keys, so this one comes after the library's.
static void make_last_key(void)
{
    if (pthread_key_create(&last_key, stop_at_end))
        fail("cannot create a key");
}

static void *allocate_once(void *unused)
{
    pthread_setspecific(last_key, &last_key);
    start();
    free(malloc(SMALL));
    return unused;
}

static void thread(void)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, allocate_once, NULL))
            fail("cannot create a thread");
        pthread_join(thread, NULL);
    }
}

// What the library does in a process that makes no calls; scripts/count-instructions has all of it counted.
static void process(void) {}

// ---- the paths ----

struct path {
    const char *name;
    int operations;
    void (*round)(void);
    void (*prepare)(void); // comes before the rounds
};

static const struct path paths[] = {
    {"pair-small", REPEATED, pair_small, NULL},
    {"pair-calloc", REPEATED, pair_calloc, NULL},
    {"pair-medium", REPEATED, pair_medium, NULL},
    {"pair-large", REPEATED, pair_large, make_free_chunk},
    {"pair-large-top", REPEATED, pair_large, NULL},
    {"pair-mapped", REPEATED, pair_mapped, map_far_from_the_break},
    {"pair-aligned-small", REPEATED, pair_aligned_small, NULL},
    {"pair-aligned-page", REPEATED, pair_aligned_page, NULL},
    {"batch-small-malloc", SMALL_BATCH, batch_small_malloc, make_slabs},
    {"batch-small-malloc-fresh", SMALL_BATCH, batch_small_malloc_fresh, NULL},
    {"batch-small-free", SMALL_BATCH, batch_small_free, make_slabs},
    {"batch-small-free-random", SMALL_BATCH, batch_small_free_random, make_slabs},
    {"batch-small-free-remote", SMALL_BATCH, batch_small_free_remote, start_allocating_thread},
    {"batch-medium-malloc", MEDIUM_BATCH - MEDIUM_CACHED, batch_medium_malloc, make_many_free_chunks},
    {"batch-medium-free", MEDIUM_BATCH - MEDIUM_CACHED, batch_medium_free, make_many_free_chunks},
    {"realloc-small-stays", REPEATED, realloc_small_stays, NULL},
    {"realloc-small-moves", REPEATED, realloc_small_moves, NULL},
    {"realloc-large-grows", REPEATED, realloc_large_grows, make_free_chunk},
    {"realloc-large-shrinks", REPEATED, realloc_large_shrinks, make_free_chunk},
    {"realloc-mapped-grows", REPEATED, realloc_mapped_grows, map_far_from_the_break},
    {"thread", THREADS, thread, make_last_key},
    {"process", 1, process, NULL},
};

int main(int count, char **words)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct path *path = &paths[i];
        if (count == 1)
            printf("%s %d\n", path->name, path->operations);
        else if (strcmp(path->name, words[1]) == 0) {
            if (path->prepare)
                path->prepare();
            for (int round = 0; round <= WARM_UPS; round++) {
                is_counted = round == WARM_UPS;
                path->round();
            }
            return 0;
        }
    }
    return count == 1 ? 0 : 2;
}
