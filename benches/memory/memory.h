// What the memory programs share: the command line, marks, blocks that are filled and freed, and threads
// that stay alive while they have nothing to do.
//
//     PROGRAM NAME AMOUNT SECOND [SECONDS]    runs one case; AMOUNT is in MiB or threads, SECOND is how many
//                                             milliseconds a second of waiting has (1000; less to try it
//                                             out), SECONDS how long a case runs that can run for any time
//
// A case prints a line for each of its marks, and at the end a checksum of what it wrote into its blocks:
//
//     mark=NAME at=S rss=K vm=K live=K metadata=K outside=K
//     checksum=X
//
// `at` is the monotonic clock in seconds, all others are KiB: resident, address space, bytes that the program
// asked for and has, Arenite's own structures (0 on others), and the program's own tables, which are already
// taken off `rss` and `vm`. No mark allocates, and no table is in the heap: what is resident is the allocator's.
#ifndef MEMORY_H
#define MEMORY_H

#include "../workloads/workload.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>

#include "../../include/arenite.h"
#pragma weak arenite_stats

struct memory_case {
    const char *name;
    void (*run)(void);
};

static size_t amount;
static unsigned second_ms, seconds_given;
static uint64_t checksum;

// ---- memory of the program's own ----

static size_t table_bytes;

// Memory for a table, resident from the start, so that it can be told from the allocator's.
static inline void *table(size_t bytes) {
    bytes = (bytes + PAGE - 1) / PAGE * PAGE;
    void *start =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (start == MAP_FAILED) fail("mmap refuses memory for a table");
    table_bytes += bytes;
    return start;
}

// ---- marks ----

static size_t live_bytes;

// The number behind `name` in a file of /proc, which it opens anew; the buffer is no block.
static inline size_t number_in(const char *path, const char *name) {
    static char text[8192];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(file, text, sizeof text - 1);
    if (length <= 0) fail("cannot read what is resident");
    close(file);
    text[length] = 0;
    const char *found = strstr(text, name);
    if (found == NULL) fail("what is resident is told otherwise here");
    return strtoul(found + strlen(name), NULL, 10);
}

static inline size_t metadata_kib(void) {
    struct arenite_stats stats = {0};
    if (arenite_stats != NULL) arenite_stats(&stats, sizeof stats);
    return stats.metadata_bytes / 1024;
}

// smaps_rollup counts pages. statm and status would be off by some hundred KiB.
static inline void mark(const char *name) {
    double at = seconds_now();
    size_t outside = table_bytes / 1024;
    size_t rss = number_in("/proc/self/smaps_rollup", "Rss:") - outside;
    size_t vm = number_in("/proc/self/status", "VmSize:") - outside;
    char line[256];
    int length = snprintf(line, sizeof line, "mark=%s at=%.3f rss=%zu vm=%zu live=%zu metadata=%zu outside=%zu\n",
                          name, at, rss, vm, live_bytes / 1024, metadata_kib(), outside);
    if (write(1, line, (size_t)length) != length) fail("cannot write a mark");
}

static inline void sleep_until(double at) {
    for (double left; (left = at - seconds_now()) > 0;) {
        struct timespec rest = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
        nanosleep(&rest, NULL);
    }
}

static inline double in_seconds(double count) { return seconds_now() + count * second_ms / 1000; }

static inline bool malloc_trim_is_the_allocators(void) {
    Dl_info trim, allocator;
    void *both[] = {dlsym(RTLD_DEFAULT, "malloc_trim"), dlsym(RTLD_DEFAULT, "malloc")};
    return both[0] && dladdr(both[0], &trim) && dladdr(both[1], &allocator) && trim.dli_fbase == allocator.dli_fbase;
}

// The first mark of a case that says what is left of a peak. The code that it will run has been run before, so
// that its pages do not count as left; so has malloc, once.
static inline void mark_start(void) {
    free(malloc(16));
    mark("warm");
    mark("start");
}

// Marks what is resident now, 1 s and 5 s later, and after malloc_trim if the allocator has one of its own.
static inline void watch_idle(void) {
    double after_1 = in_seconds(1), after_5 = in_seconds(5);
    mark("freed");
    sleep_until(after_1);
    mark("1s");
    sleep_until(after_5);
    mark("5s");
    if (malloc_trim_is_the_allocators()) {
        malloc_trim(0);
        mark("trimmed");
    }
    sleep_until(in_seconds(0.5));
    mark("end");
}

// ---- blocks ----

// A block begins with its size and has that in every byte behind it, too.
static inline void *block_new(size_t size) {
    size_t *block = (size_t *)malloc(size);
    if (block == NULL) fail("out of memory");
    memset(block, (int)size, size);
    *block = size;
    return block;
}

// Frees a block and returns its size.
static inline size_t block_free(void *block) {
    size_t size = *(size_t *)block;
    unsigned char last = ((unsigned char *)block)[size - 1];
    if (size > sizeof size && last != (unsigned char)size) fail("a block was overwritten");
    free(block);
    return size;
}

struct blocks {
    void **at;
    size_t count, capacity, bytes;
    struct generator random;
};

static inline void blocks_make(struct blocks *blocks, size_t capacity, unsigned seed) {
    *blocks = (struct blocks){(void **)table(capacity * sizeof(void *)), 0, capacity, 0, random_from(seed)};
}

static inline void blocks_add(struct blocks *blocks, size_t size) {
    if (blocks->count == blocks->capacity) fail("a table is full");
    blocks->at[blocks->count++] = block_new(size);
    blocks->bytes += size;
}

// Takes one out, and the last one into its place.
static inline void blocks_drop(struct blocks *blocks, size_t index) {
    blocks->bytes -= block_free(blocks->at[index]);
    blocks->at[index] = blocks->at[--blocks->count];
}

// From 16 to 1,024 bytes, all as likely.
static inline size_t small_size(struct generator *random) { return 16 + random_below(random, 1009); }
enum { SMALL_MEAN = 520 };

// How many blocks a table needs for so many bytes of small ones, with room to spare.
static inline size_t small_capacity(size_t bytes) { return bytes / SMALL_MEAN * 9 / 8 + 1024; }

static inline void blocks_fill(struct blocks *blocks, size_t bytes) {
    while (blocks->bytes < bytes) blocks_add(blocks, small_size(&blocks->random));
}

static inline void blocks_shuffle(struct blocks *blocks) {
    for (size_t i = blocks->count; i > 1; i--) {
        size_t other = random_below(&blocks->random, i);
        void *kept = blocks->at[i - 1];
        blocks->at[i - 1] = blocks->at[other], blocks->at[other] = kept;
    }
}

// Frees all but one of every `keep_one_of`, chosen at random, in the order of the table; 0 keeps none.
static inline void blocks_thin(struct blocks *blocks, size_t keep_one_of) {
    size_t kept = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        if (keep_one_of && random_below(&blocks->random, keep_one_of) == 0)
            blocks->at[kept++] = blocks->at[i];
        else
            blocks->bytes -= block_free(blocks->at[i]);
    }
    blocks->count = kept;
}

static inline void blocks_free(struct blocks *blocks) { blocks_thin(blocks, 0); }

// ---- threads that stay ----

enum { TEAM_MAX = 1024, STACK_BYTES = 64 * 1024 };

static struct {
    unsigned count;
    void (*work)(unsigned number);
    pthread_barrier_t begin, end;
    pthread_t threads[TEAM_MAX];
} team;

static inline void *team_body(void *argument) {
    for (;;) {
        pthread_barrier_wait(&team.begin);
        if (team.work == NULL) return NULL;
        team.work((unsigned)(uintptr_t)argument);
        pthread_barrier_wait(&team.end);
    }
}

static inline void small_stacks(pthread_attr_t *attributes) {
    pthread_attr_init(attributes);
    if (pthread_attr_setstacksize(attributes, STACK_BYTES)) fail("no stack can be so small");
}

static inline void team_start(unsigned count) {
    if (count > TEAM_MAX) fail("too many threads");
    pthread_attr_t attributes;
    small_stacks(&attributes);
    team.count = count;
    pthread_barrier_init(&team.begin, NULL, count + 1);
    pthread_barrier_init(&team.end, NULL, count + 1);
    for (uintptr_t i = 0; i < count; i++)
        if (pthread_create(&team.threads[i], &attributes, team_body, (void *)i)) fail("cannot create a thread");
}

// Has every thread of the team do this once; then all of them wait again.
static inline void team_do(void (*work)(unsigned number)) {
    team.work = work;
    pthread_barrier_wait(&team.begin);
    pthread_barrier_wait(&team.end);
}

static inline void team_end(void) {
    team.work = NULL;
    pthread_barrier_wait(&team.begin);
    for (unsigned i = 0; i < team.count; i++) pthread_join(team.threads[i], NULL);
}

// ---- the body of `main` ----

// The table ends with an entry without a name.
static inline int run_case(const struct memory_case *cases, int count, char **words) {
    if (count == 2 && strcmp(words[1], "which") == 0) {
        print_origin_of_malloc();
        return 0;
    }
    for (const struct memory_case *one = cases; count >= 4 && one->name; one++) {
        if (strcmp(one->name, words[1]) != 0) continue;
        amount = strtoul(words[2], NULL, 10);
        second_ms = (unsigned)strtoul(words[3], NULL, 10);
        if (count > 4) seconds_given = (unsigned)strtoul(words[4], NULL, 10);
        if (amount == 0 || second_ms == 0) fail("not a number above 0");
        one->run();
        dprintf(1, "checksum=%016llx\n", (unsigned long long)checksum);
        return 0;
    }
    dprintf(2, "usage: %s NAME AMOUNT SECOND [SECONDS], NAME being one of\n", words[0]);
    for (const struct memory_case *one = cases; one->name; one++) dprintf(2, "    %s\n", one->name);
    return 2;
}

#endif
