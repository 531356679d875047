// Buffers: medium ones as for the network and files, large ones, and memory that must be zero.
// One byte of each page is written, since a program that asks for a buffer fills it.
#include "workload.h"

static void replace_buffers(struct job *job, uint32_t count, unsigned low, unsigned high) {
    struct generator random = random_from(5);
    void **blocks = (void **)outside_memory(count * sizeof *blocks);
    uint64_t sum = 0;
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) {
        void **place = &blocks[random_below(&random, count)];
        sum = sum * 3 + take_back(*place);
        size_t size = random_size(&random, low, high);
        *place = written_all(malloc(size), size, i);
    }
    for (uint32_t i = 0; i < count; i++) sum = sum * 3 + take_back(blocks[i]);
    job_stop(job);
    job->checksum = sum;
}

static void medium(struct job *job) { replace_buffers(job, 200, 10, 16); }
static void large(struct job *job) { replace_buffers(job, 16, 16, 24); }

// Adds up some bytes of a block, which must be 0.
static uint64_t not_zero(const void *block, size_t size) {
    const volatile unsigned char *bytes = (const volatile unsigned char *)block;
    uint64_t sum = bytes[size - 1];
    for (size_t at = 0; at < size; at += PAGE) sum += bytes[at];
    return sum;
}

static void replace_zeroed(struct job *job, uint32_t count, unsigned low, unsigned high) {
    struct generator random = random_from(6);
    void **blocks = (void **)outside_memory(count * sizeof *blocks);
    uint64_t sum = 0, dirty = 0;
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) {
        void **place = &blocks[random_below(&random, count)];
        sum = sum * 3 + take_back(*place);
        size_t size = random_size(&random, low, high);
        void *block = calloc(1, size);
        if (block == NULL) fail("out of memory");
        dirty |= not_zero(block, size);
        ((volatile char *)block)[size - 1] = 1;
        *place = written_all(block, size, i | 1);
    }
    for (uint32_t i = 0; i < count; i++) sum = sum * 3 + take_back(blocks[i]);
    job_stop(job);
    if (dirty) fail("calloc returned memory that is not zero");
    job->checksum = sum;
}

static void calloc_small(struct job *job) { replace_zeroed(job, 4000, 4, 9); }
static void calloc_large(struct job *job) { replace_zeroed(job, 32, 14, 21); }

int main(int count, char **words) {
    static const struct workload workloads[] = {
        {"medium", medium},
        {"large", large},
        {"calloc-small", calloc_small},
        {"calloc-large", calloc_large},
        {0},
    };
    return run_one_of(workloads, count, words);
}
