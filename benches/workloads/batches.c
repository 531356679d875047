// Many objects are allocated, then all of them are freed: in the order in which they were
// allocated, in the opposite one, or in a random one. An operation is one object.
#include "workload.h"

enum order { FIFO, LIFO, RANDOM };

// Which object is freed as the `i`th.
static uint32_t *freeing_order(enum order order, uint32_t count, struct generator *random) {
    uint32_t *places = (uint32_t *)outside_memory(count * sizeof *places);
    for (uint32_t i = 0; i < count; i++) places[i] = order == LIFO ? count - 1 - i : i;
    if (order != RANDOM) return places;
    for (uint32_t i = count - 1; i > 0; i--) {
        uint32_t other = (uint32_t)random_below(random, i + 1), moved = places[i];
        places[i] = places[other];
        places[other] = moved;
    }
    return places;
}

static void batches(struct job *job, enum order order, uint32_t count) {
    struct generator random = random_from(2);
    uint32_t *places = freeing_order(order, count, &random);
    uint16_t *sizes = (uint16_t *)outside_memory(count * sizeof *sizes);
    for (uint32_t i = 0; i < count; i++) sizes[i] = (uint16_t)random_size(&random, 4, 8);
    void **blocks = (void **)outside_memory(count * sizeof *blocks);
    uint64_t rounds = (job->operations + count - 1) / count, sum = 0;
    job->operations = rounds * count;

    job_start(job);
    for (uint64_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < count; i++) blocks[i] = written(malloc(sizes[i]), round + i);
        for (uint32_t i = 0; i < count; i++) sum = sum * 3 + take_back(blocks[places[i]]);
    }
    job_stop(job);
    job->checksum = sum;
}

#define BATCHES(name, order, count) \
    static void name(struct job *job) { batches(job, order, count); }

BATCHES(fifo_100, FIFO, 100)
BATCHES(lifo_100, LIFO, 100)
BATCHES(random_100, RANDOM, 100)
BATCHES(fifo_10k, FIFO, 10000)
BATCHES(lifo_10k, LIFO, 10000)
BATCHES(random_10k, RANDOM, 10000)
BATCHES(fifo_1m, FIFO, 1000000)
BATCHES(lifo_1m, LIFO, 1000000)
BATCHES(random_1m, RANDOM, 1000000)

int main(int count, char **words) {
    static const struct workload workloads[] = {
        {"fifo-100", fifo_100}, {"lifo-100", lifo_100}, {"random-100", random_100},
        {"fifo-10k", fifo_10k}, {"lifo-10k", lifo_10k}, {"random-10k", random_10k},
        {"fifo-1m", fifo_1m},   {"lifo-1m", lifo_1m},   {"random-1m", random_1m},
        {0},
    };
    return run_one_of(workloads, count, words);
}
