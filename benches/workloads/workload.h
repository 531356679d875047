// What the workloads share: the command line, the timer, random numbers, memory that does not come
// from malloc, and threads that start together.
//
//     PROGRAM NAME OPERATIONS [THREADS]    runs one workload and prints one line, of the form
//                                          operations=N seconds=S ns_per_op=T peak_kib=K checksum=X
//                                          and of a library that counts, NAME=N for each of its counts
//     PROGRAM which                        prints the file that `malloc` comes from
//
// The checksum is made of what the program wrote into its blocks and read back when it freed them, so
// it is the same on every allocator that works. Every block has at least eight bytes.
#ifndef WORKLOAD_H
#define WORKLOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

static inline void fail(const char *what) {
    dprintf(2, "workload: %s\n", what);
    _exit(3);
}

static inline double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// ---- random numbers (xorshift64*), the same in every run ----

struct generator {
    uint64_t state;
};

static inline struct generator random_from(uint64_t seed) {
    struct generator one = {(seed + 1) * 0x9e3779b97f4a7c15u | 1};
    return one;
}

static inline uint64_t random_next(struct generator *from) {
    uint64_t x = from->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    from->state = x;
    return x * 0x2545f4914f6cdd1du;
}

// Below `limit`, which is far below 2^32.
static inline uint64_t random_below(struct generator *from, uint64_t limit) {
    return ((random_next(from) >> 32) * limit) >> 32;
}

// From 2^low to 2^high - 1, each doubling as likely as the others, as the sizes of programs are.
static inline size_t random_size(struct generator *from, unsigned low, unsigned high) {
    unsigned doubling = low + (unsigned)random_below(from, high - low);
    return ((size_t)1 << doubling) + random_below(from, (uint64_t)1 << doubling);
}

// ---- memory ----

// Zeroed memory that the allocator under test knows nothing of.
static inline void *outside_memory(size_t bytes) {
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) fail("mmap refuses memory for the workload's own tables");
    return start;
}

// Writes the first eight bytes of a block.
static inline void *written(void *block, uint64_t value) {
    if (block == NULL) fail("out of memory");
    *(volatile uint64_t *)block = value;
    return block;
}

// Writes the first eight bytes of a block and one in each page of it.
static inline void *written_all(void *block, size_t size, uint64_t value) {
    written(block, value);
    for (size_t at = PAGE; at < size; at += PAGE) ((volatile char *)block)[at] = (char)value;
    return block;
}

static inline uint64_t value_of(const void *block) { return *(const volatile uint64_t *)block; }

// Frees a block and returns what was written into it; 0 for a null pointer.
static inline uint64_t take_back(void *block) {
    if (block == NULL) return 0;
    uint64_t value = value_of(block);
    free(block);
    return value;
}

// ---- a run ----

struct job {
    uint64_t operations; // wanted; a workload that does another number stores that
    unsigned threads;
    uint64_t checksum;
    double started, seconds;
    long peak_kib; // 0: that of this process
};

// What a build of Arenite with the feature `counts` has counted; no other allocator has these two.
enum { COUNTS_MAX = 64 };
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((weak)) size_t arenite_counts(uint64_t *values, size_t count);
__attribute__((weak)) const char *arenite_count_name(size_t index);
#ifdef __cplusplus
}
#endif
static uint64_t counts_before[COUNTS_MAX], counts_after[COUNTS_MAX];

static inline void read_counts(uint64_t *values) {
    if (arenite_counts != NULL && arenite_counts(values, COUNTS_MAX) > COUNTS_MAX)
        fail("more counts than expected");
}

static inline void job_start(struct job *job) {
    read_counts(counts_before);
    job->started = seconds_now();
}

static inline void job_stop(struct job *job) {
    job->seconds = seconds_now() - job->started;
    read_counts(counts_after);
}

struct workload {
    const char *name;
    void (*run)(struct job *job);
};

static inline long own_peak_kib(void) {
    static char text[8192];
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t length = read(file, text, sizeof text - 1);
    if (length <= 0) fail("cannot read /proc/self/status");
    text[length] = 0;
    close(file);
    const char *line = strstr(text, "VmHWM:");
    if (line == NULL) fail("no VmHWM in /proc/self/status");
    return strtol(line + strlen("VmHWM:"), NULL, 10);
}

static inline void print_counts(void) {
    const char *name;
    for (size_t i = 0; arenite_count_name != NULL && (name = arenite_count_name(i)) != NULL; i++)
        dprintf(1, " %s=%llu", name, (unsigned long long)(counts_after[i] - counts_before[i]));
}

static inline void job_print(const struct job *job) {
    dprintf(1, "operations=%llu seconds=%.9f ns_per_op=%.4f peak_kib=%ld checksum=%016llx",
            (unsigned long long)job->operations, job->seconds,
            job->seconds * 1e9 / (double)job->operations,
            job->peak_kib ? job->peak_kib : own_peak_kib(), (unsigned long long)job->checksum);
    print_counts();
    dprintf(1, "\n");
}

static inline void print_origin_of_malloc(void) {
    Dl_info found;
    void *address = dlsym(RTLD_DEFAULT, "malloc");
    if (address == NULL || !dladdr(address, &found)) fail("cannot find malloc");
    dprintf(1, "%s\n", found.dli_fname);
}

// The body of `main`; the table ends with an entry without a name.
static inline int run_one_of(const struct workload *workloads, int count, char **words) {
    if (count == 2 && strcmp(words[1], "which") == 0) {
        print_origin_of_malloc();
        return 0;
    }
    for (const struct workload *one = workloads; count >= 3 && one->name; one++) {
        if (strcmp(one->name, words[1]) != 0) continue;
        struct job job = {strtoull(words[2], NULL, 10), 1, 0, 0, 0, 0};
        if (count > 3) job.threads = (unsigned)strtoul(words[3], NULL, 10);
        if (job.operations == 0 || job.threads == 0) fail("not a number above 0");
        one->run(&job);
        job_print(&job);
        return 0;
    }
    dprintf(2, "usage: %s NAME OPERATIONS [THREADS], NAME being one of\n", words[0]);
    for (const struct workload *one = workloads; one->name; one++) dprintf(2, "    %s\n", one->name);
    return 2;
}

// ---- threads that start together ----

struct worker {
    unsigned number;     // from 0
    uint64_t operations; // this thread's share
    struct job *job;
    uint64_t checksum; // of this thread, added to the job's
    void (*run)(struct worker *worker);
    pthread_t thread;
    pthread_barrier_t *barrier;
    char own_cache_lines[128];
};

static void *worker_body(void *argument) {
    struct worker *worker = (struct worker *)argument;
    pthread_barrier_wait(worker->barrier);
    worker->run(worker);
    return NULL;
}

// Runs `run` in each of the job's threads; the time is from the common start to the end of the last.
// (Only programs with threads use it.)
__attribute__((unused)) static void run_threads(struct job *job, void (*run)(struct worker *worker)) {
    struct worker *workers = (struct worker *)outside_memory(job->threads * sizeof *workers);
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, job->threads + 1);
    uint64_t share = job->operations / job->threads;
    if (share == 0) share = 1;
    job->operations = share * job->threads;
    for (unsigned i = 0; i < job->threads; i++) {
        struct worker *worker = &workers[i];
        worker->number = i, worker->operations = share, worker->job = job, worker->run = run;
        worker->barrier = &barrier;
        if (pthread_create(&worker->thread, NULL, worker_body, worker)) fail("cannot create a thread");
    }
    job_start(job);
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < job->threads; i++) {
        pthread_join(workers[i].thread, NULL);
        job->checksum += workers[i].checksum;
    }
    job_stop(job);
}

#endif
