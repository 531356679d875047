// Random replacement: a set of live objects, of which one chosen at random is freed and allocated
// anew with another size. The sets differ in the cache that holds their objects.
#include "workload.h"

struct set {
    uint32_t count;      // of objects
    unsigned low, high;  // sizes from 2^low to below 2^high
};

static void replace(struct job *job, struct set set) {
    struct generator random = random_from(3);
    void **blocks = (void **)outside_memory(set.count * sizeof *blocks);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < set.count; i++)
        blocks[i] = written(malloc(random_size(&random, set.low, set.high)), i);

    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) {
        void **place = &blocks[random_below(&random, set.count)];
        sum = sum * 3 + take_back(*place);
        *place = written(malloc(random_size(&random, set.low, set.high)), i);
    }
    job_stop(job);
    for (uint32_t i = 0; i < set.count; i++) sum = sum * 3 + take_back(blocks[i]);
    job->checksum = sum;
}

// About 16 KiB, 500 KiB, 90 MiB and 500 MiB of objects.
static void in_l1(struct job *job) { replace(job, (struct set){170, 4, 8}); }
static void in_l2(struct job *job) { replace(job, (struct set){5000, 4, 8}); }
static void in_no_cache(struct job *job) { replace(job, (struct set){1000000, 4, 8}); }
static void of_10m(struct job *job) { replace(job, (struct set){10000000, 4, 6}); }

// Aligned blocks: cache lines, vectors of SIMD, pages.
static void aligned(struct job *job) {
    enum { COUNT = 2000 };
    struct generator random = random_from(4);
    void **blocks = (void **)outside_memory(COUNT * sizeof *blocks);
    uint64_t sum = 0, wrong = 0;
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) {
        void **place = &blocks[random_below(&random, COUNT)];
        // 32 and 64 are what programs mostly ask for; up to 4,096 bytes now and then.
        unsigned rare = random_below(&random, 16) == 0;
        size_t alignment = (size_t)32 << random_below(&random, rare ? 8 : 2);
        size_t size = random_size(&random, 4, 11);
        sum = sum * 3 + take_back(*place);
        void *block = NULL;
        if (i % 2) {
            block = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
        } else if (posix_memalign(&block, alignment, size)) {
            fail("out of memory");
        }
        *place = written(block, i);
        wrong |= (uintptr_t)block & (alignment - 1);
    }
    for (int i = 0; i < COUNT; i++) sum = sum * 3 + take_back(blocks[i]);
    job_stop(job);
    if (wrong) fail("a block is not aligned");
    job->checksum = sum;
}

int main(int count, char **words) {
    static const struct workload workloads[] = {
        {"l1", in_l1},      {"l2", in_l2},       {"no-cache", in_no_cache},
        {"10m", of_10m}, {"aligned", aligned}, {0},
    };
    return run_one_of(workloads, count, words);
}
