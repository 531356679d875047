// Several threads allocate, resize and free blocks of all sizes and keep a ledger of them. At moments when
// all of them wait, mallinfo2 reconciles with it: bytes in use are at least what the ledger holds and not
// much more (tags, blocks in thread caches), mapped blocks are exact, and arena + hblkhd is what
// /proc/self/maps shows.
// shows: mallinfo2: bytes in use agree with a program's own ledger
// shows: mallinfo2: arena + hblkhd agree with /proc/self/maps
#include "check.h"
#include <pthread.h>

enum { THREADS = 4, LIVE = 1500, STEPS = 12000, ROUNDS = 4 };

static char *blocks[THREADS][LIVE];
static size_t sizes[THREADS][LIVE];
static pthread_barrier_t quiet, go, checked;

static void step(uint64_t *state, unsigned thread)
{
    size_t i = (size_t)(next_random(state) % LIVE);
    size_t size = random_size(state) + 1;
    switch (next_random(state) % 8) {
    case 0:
        free(blocks[thread][i]);
        blocks[thread][i] = NULL;
        sizes[thread][i] = 0;
        return;
    case 1:
    case 2:
        blocks[thread][i] = realloc(blocks[thread][i], size);
        break;
    case 3:
        free(blocks[thread][i]);
        blocks[thread][i] = memalign((size_t)16 << next_random(state) % 9, size);
        break;
    default:
        free(blocks[thread][i]);
        blocks[thread][i] = malloc(size);
    }
    CHECK_AT(blocks[thread][i] != NULL, size);
    sizes[thread][i] = size;
    fill_sparsely(blocks[thread][i], size, thread);
}

static void *work(void *argument)
{
    unsigned thread = (unsigned)(uintptr_t)argument;
    uint64_t state = thread * 77 + 5;
    pthread_barrier_wait(&go);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < STEPS; i++)
            step(&state, thread);
        pthread_barrier_wait(&quiet);
        pthread_barrier_wait(&go);
    }
    for (int i = 0; i < LIVE; i++)
        CHECK(sizes[thread][i] == 0 || holds_sparsely(blocks[thread][i], sizes[thread][i], thread));
    // Every block is freed by another thread than the one that allocated it.
    pthread_barrier_wait(&checked);
    for (int i = 0; i < LIVE; i++)
        free(blocks[(thread + 1) % THREADS][i]);
    return NULL;
}

struct ledger {
    size_t heap_bytes, heap_count, mapped_bytes, mapped_count;
};

static struct ledger add_up(size_t least_mapped)
{
    struct ledger sum = { 0, 0, 0, 0 };
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < LIVE; j++) {
            if (blocks[i][j] == NULL)
                continue;
            size_t usable = malloc_usable_size(blocks[i][j]);
            CHECK_AT(usable >= sizes[i][j], usable);
            // With the threshold fixed, a block of that size is in the heap only where it fitted into free
            // memory; a mapped one ends with its page.
            uintptr_t end = (uintptr_t)blocks[i][j] + usable;
            size_t page = (size_t)getpagesize();
            if (usable >= least_mapped && round_up(end, page) - end <= 24 && !is_below_break(blocks[i][j])
                && ((uintptr_t)blocks[i][j] & (page - 1)) == 16) {
                sum.mapped_bytes += usable;
                sum.mapped_count++;
            } else {
                sum.heap_bytes += usable;
                sum.heap_count++;
            }
        }
    return sum;
}

int main(void)
{
    CHECK(mallopt(M_MMAP_THRESHOLD, 128 * 1024) == 1);
    pthread_barrier_init(&quiet, NULL, THREADS + 1);
    pthread_barrier_init(&go, NULL, THREADS + 1);
    pthread_barrier_init(&checked, NULL, THREADS);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    // The stacks and the threads' first arenas come and go between these two.
    size_t others = anonymous_bytes();
    struct mallinfo2 start = mallinfo2();
    others -= start.arena + start.hblkhd;
    pthread_barrier_wait(&go);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&quiet);
        struct ledger ledger = add_up(128 * KIB);
        struct mallinfo2 info = mallinfo2();
        size_t mappings = anonymous_bytes();
        CHECK(info.uordblks + info.fordblks == info.arena);
        // All that the ledger holds is in use, in one or the other kind.
        CHECK_AT(info.uordblks + info.hblkhd >= ledger.heap_bytes + ledger.mapped_bytes, info.uordblks);
        CHECK_AT(info.hblks >= ledger.mapped_count, info.hblks);
        CHECK_AT(info.hblkhd >= ledger.mapped_bytes, info.hblkhd);
        // What else counts as used: a tag of up to 16 bytes a block, and what the caches hold. On Arenite that
        // is 4 MiB of blocks above 1 KiB, and of each size below 256 blocks or 64 KiB.
        size_t cached = on_arenite() ? 4 * MIB + 1536 * KIB : 2560 * KIB;
        size_t extra = info.uordblks + info.hblkhd - ledger.heap_bytes - ledger.mapped_bytes;
        size_t allowed = (ledger.heap_count + ledger.mapped_count) * 16 + info.hblks * 2 * 4096
                         + THREADS * cached;
        CHECK_AT(extra <= allowed, extra);
        // The system's view: the same, but for the allocator's own tables.
        size_t system = info.arena + info.hblkhd;
        CHECK_AT(mappings >= system, mappings - system);
        CHECK_AT(mappings <= system + others + 4 * MIB + system / 50, mappings - system);
        pthread_barrier_wait(&go);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    malloc_trim(0);
    struct mallinfo2 end = mallinfo2();
    CHECK_AT(end.hblks == start.hblks, end.hblks);
    CHECK_AT(end.uordblks <= start.uordblks + 256 * KIB, end.uordblks);
    return 0;
}
