// Threads that each work with objects of their own, pass objects on, or end early. An operation is one
// object, except where it says otherwise.
#include "workload.h"

#include <stdatomic.h>

// ---- every thread for itself ----

static void own_objects(struct worker *worker) {
    enum { COUNT = 1000 };
    struct generator random = random_from(100 + worker->number);
    void **blocks = (void **)outside_memory(COUNT * sizeof *blocks);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < worker->operations; i++) {
        void **place = &blocks[random_below(&random, COUNT)];
        sum = sum * 3 + take_back(*place);
        *place = written(malloc(random_size(&random, 4, 10)), i);
    }
    for (int i = 0; i < COUNT; i++) sum = sum * 3 + take_back(blocks[i]);
    worker->checksum = sum;
}

static void independent(struct job *job) { run_threads(job, own_objects); }

// ---- a server: threads that end and leave their objects to their successors ----

enum { SESSION = 1000, GENERATIONS = 20 };

struct chain {
    struct generator random;
    unsigned generation;
    uint64_t operations_each, checksum;
    void *blocks[SESSION];
};

static pthread_mutex_t chains_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t chain_ended = PTHREAD_COND_INITIALIZER;
static unsigned chains_running;

static void start_generation(struct chain *chain);

static void *generation(void *argument) {
    struct chain *chain = (struct chain *)argument;
    uint64_t sum = chain->checksum;
    for (uint64_t i = 0; i < chain->operations_each; i++) {
        void **place = &chain->blocks[random_below(&chain->random, SESSION)];
        sum = sum * 3 + take_back(*place);
        *place = written(malloc(random_size(&chain->random, 4, 9)), i);
    }
    chain->checksum = sum;
    if (++chain->generation < GENERATIONS) {
        start_generation(chain);
        return NULL;
    }
    pthread_mutex_lock(&chains_lock);
    chains_running--;
    pthread_cond_signal(&chain_ended);
    pthread_mutex_unlock(&chains_lock);
    return NULL;
}

static void start_generation(struct chain *chain) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, generation, chain)) fail("cannot create a thread");
    pthread_detach(thread);
}

static void server(struct job *job) {
    struct chain *chains = (struct chain *)outside_memory(job->threads * sizeof *chains);
    uint64_t each = job->operations / job->threads / GENERATIONS + 1;
    job->operations = each * job->threads * GENERATIONS;
    chains_running = job->threads;
    job_start(job);
    for (unsigned i = 0; i < job->threads; i++) {
        chains[i].random = random_from(200 + i);
        chains[i].operations_each = each;
        start_generation(&chains[i]);
    }
    pthread_mutex_lock(&chains_lock);
    while (chains_running > 0) pthread_cond_wait(&chain_ended, &chains_lock);
    pthread_mutex_unlock(&chains_lock);
    for (unsigned i = 0; i < job->threads; i++) {
        uint64_t sum = chains[i].checksum;
        for (int j = 0; j < SESSION; j++) sum = sum * 3 + take_back(chains[i].blocks[j]);
        job->checksum += sum;
    }
    job_stop(job);
}

// ---- threads that put objects where others take them from ----

enum { SHARED_PLACES = 4096 };
static _Atomic(void *) shared_places[SHARED_PLACES];

static void exchange_objects(struct worker *worker) {
    enum { COUNT = 500, BETWEEN = 8 };
    struct generator random = random_from(300 + worker->number);
    void **blocks = (void **)outside_memory(COUNT * sizeof *blocks);
    uint64_t sum = 0; // commutative: who frees an object depends on the timing
    for (uint64_t i = 0; i < worker->operations; i++) {
        void **place = &blocks[random_below(&random, COUNT)];
        if (i % BETWEEN == 0)
            *place = atomic_exchange(&shared_places[random_below(&random, SHARED_PLACES)], *place);
        sum += take_back(*place);
        *place = written(malloc(random_size(&random, 4, 9)), i);
    }
    for (int i = 0; i < COUNT; i++) sum += take_back(blocks[i]);
    worker->checksum = sum;
}

static void exchange(struct job *job) {
    run_threads(job, exchange_objects);
    for (int i = 0; i < SHARED_PLACES; i++) job->checksum += take_back(shared_places[i]);
}

// ---- one thread allocates, another frees ----

enum { BATCH = 64, BATCHES = 32 };

// A queue of batches from one thread to one other.
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned filled, first;
    void *batches[BATCHES][BATCH];
    char own_cache_lines[128];
};

static struct queue *queues;

static void produce(struct queue *queue, uint64_t batches, struct generator random) {
    unsigned next = 0;
    for (uint64_t done = 0; done < batches; done++) {
        pthread_mutex_lock(&queue->lock);
        while (queue->filled == BATCHES) pthread_cond_wait(&queue->changed, &queue->lock);
        pthread_mutex_unlock(&queue->lock);
        for (int i = 0; i < BATCH; i++)
            queue->batches[next][i] = written(malloc(random_size(&random, 4, 9)), done + (uint64_t)i);
        next = (next + 1) % BATCHES;
        pthread_mutex_lock(&queue->lock);
        queue->filled++;
        pthread_cond_signal(&queue->changed);
        pthread_mutex_unlock(&queue->lock);
    }
}

static uint64_t consume(struct queue *queue, uint64_t batches) {
    uint64_t sum = 0;
    for (uint64_t done = 0; done < batches; done++) {
        pthread_mutex_lock(&queue->lock);
        while (queue->filled == 0) pthread_cond_wait(&queue->changed, &queue->lock);
        pthread_mutex_unlock(&queue->lock);
        for (int i = 0; i < BATCH; i++) sum = sum * 3 + take_back(queue->batches[queue->first][i]);
        queue->first = (queue->first + 1) % BATCHES;
        pthread_mutex_lock(&queue->lock);
        queue->filled--;
        pthread_cond_signal(&queue->changed);
        pthread_mutex_unlock(&queue->lock);
    }
    return sum;
}

static void produce_or_consume(struct worker *worker) {
    struct queue *queue = &queues[worker->number / 2];
    // Both threads have the pair's number of operations as their share.
    uint64_t batches = worker->operations / BATCH;
    if (worker->number % 2 == 0) {
        produce(queue, batches, random_from(400 + worker->number));
    } else {
        worker->checksum = consume(queue, batches);
    }
}

static void producer_consumer(struct job *job) {
    if (job->threads % 2) fail("an even number of threads is needed");
    unsigned pairs = job->threads / 2;
    uint64_t batches = job->operations / pairs / BATCH + 1;
    queues = (struct queue *)outside_memory(pairs * sizeof *queues);
    for (unsigned i = 0; i < pairs; i++) {
        pthread_mutex_init(&queues[i].lock, NULL);
        pthread_cond_init(&queues[i].changed, NULL);
    }
    job->operations = batches * BATCH * job->threads;
    run_threads(job, produce_or_consume);
    job->operations = batches * BATCH * pairs;
}

// ---- many threads that live briefly; an operation is a thread ----

enum { AT_A_TIME = 4 };

static void *brief(void *argument) {
    enum { COUNT = 100 };
    struct generator random = random_from(500 + (uintptr_t)argument);
    void *blocks[COUNT];
    uint64_t sum = 0;
    for (int i = 0; i < COUNT; i++)
        blocks[i] = written(malloc(random_size(&random, 4, 10)), random.state);
    for (int i = 0; i < COUNT; i++) sum += take_back(blocks[i]);
    return (void *)(uintptr_t)sum;
}

static void brief_threads(struct job *job) {
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i += AT_A_TIME) {
        pthread_t threads[AT_A_TIME];
        for (int j = 0; j < AT_A_TIME; j++)
            if (pthread_create(&threads[j], NULL, brief, (void *)(uintptr_t)(i + (unsigned)j)))
                fail("cannot create a thread");
        for (int j = 0; j < AT_A_TIME; j++) {
            void *sum;
            pthread_join(threads[j], &sum);
            job->checksum += (uintptr_t)sum;
        }
    }
    job_stop(job);
}

// ---- false sharing; an operation is an object that is written to often ----

enum { WRITES = 200, SHARED_SIZE = 8 };
static void **handed_out;

static uint64_t write_often(void *block) {
    volatile uint64_t *word = (volatile uint64_t *)block;
    for (int i = 0; i < WRITES; i++) *word += 1;
    return take_back(block);
}

static void own_lines(struct worker *worker) {
    for (uint64_t i = 0; i < worker->operations; i++)
        worker->checksum += write_often(written(malloc(SHARED_SIZE), i));
}

// Blocks of one thread next to those of another, by the allocator's doing.
static void sharing_active(struct job *job) { run_threads(job, own_lines); }

static void given_lines(struct worker *worker) {
    worker->checksum = write_often(handed_out[worker->number]);
    own_lines(worker);
}

// The main thread allocates neighbours and hands one to each thread, which frees it and goes on: an
// allocator that lets it reuse this place keeps the sharing alive.
static void sharing_passive(struct job *job) {
    handed_out = (void **)outside_memory(job->threads * sizeof *handed_out);
    for (unsigned i = 0; i < job->threads; i++) handed_out[i] = written(malloc(SHARED_SIZE), i);
    run_threads(job, given_lines);
}

int main(int count, char **words) {
    static const struct workload workloads[] = {
        {"independent", independent},
        {"server", server},
        {"exchange", exchange},
        {"producer-consumer", producer_consumer},
        {"brief-threads", brief_threads},
        {"sharing-active", sharing_active},
        {"sharing-passive", sharing_passive},
        {0},
    };
    return run_one_of(workloads, count, words);
}
