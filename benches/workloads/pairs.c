// A block is freed as soon as it was used: the shortest way through an allocator.
#include "workload.h"

enum { SIZES = 4096 };

// Neither reads nor writes the block: for the comparison with a library whose malloc returns a
// constant and whose free returns.
static void calls_only(struct job *job) {
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) {
        void *block = malloc(64);
        __asm__ volatile("" : "+r"(block) : : "memory");
        free(block);
    }
    job_stop(job);
}

static void same_size(struct job *job) {
    uint64_t sum = 0;
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) sum += take_back(written(malloc(64), i));
    job_stop(job);
    job->checksum = sum;
}

static void random_sizes(struct job *job) {
    static uint16_t sizes[SIZES];
    struct generator random = random_from(1);
    for (int i = 0; i < SIZES; i++) sizes[i] = (uint16_t)random_size(&random, 3, 10);
    uint64_t sum = 0;
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++)
        sum += take_back(written(malloc(sizes[i % SIZES]), i));
    job_stop(job);
    job->checksum = sum;
}

int main(int count, char **words) {
    static const struct workload workloads[] = {
        {"calls-only", calls_only},
        {"same-size", same_size},
        {"random-size", random_sizes},
        {0},
    };
    return run_one_of(workloads, count, words);
}
