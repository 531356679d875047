// Blocks that grow by realloc: vectors that double, and strings that are appended to. An operation is
// one realloc.
#include "workload.h"

enum { SMALLEST = 16, LARGEST = 64 << 20 };

static char *grown(char *block, size_t size) {
    block = (char *)realloc(block, size);
    if (block == NULL) fail("out of memory");
    return block;
}

// Writes one byte in each cache line of block[from..to].
static void append(char *block, size_t from, size_t to) {
    for (size_t at = from; at < to; at += 64) ((volatile char *)block)[at] = (char)(at >> 12);
    ((volatile char *)block)[to - 1] = (char)to;
}

// One vector from 16 bytes to 64 MiB, again and again.
static void one_vector(struct job *job) {
    uint64_t sum = 0, done = 0;
    job_start(job);
    while (done < job->operations) {
        char *block = NULL;
        size_t used = 0;
        for (size_t size = SMALLEST; size <= LARGEST; size *= 2, done++) {
            block = grown(block, size);
            append(block, used, size);
            used = size;
        }
        for (size_t at = 0; at < used; at += PAGE) sum = sum * 3 + (unsigned char)block[at];
        free(block);
    }
    job_stop(job);
    job->operations = done;
    job->checksum = sum;
}

// Many vectors grow in turn by half, so that something lies behind each of them.
static void many_vectors(struct job *job) {
    enum { COUNT = 256, LIMIT = 256 << 10 };
    struct vector {
        char *block;
        size_t size;
    } *vectors = (struct vector *)outside_memory(COUNT * sizeof *vectors);
    struct generator random = random_from(7);
    uint64_t sum = 0;
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) {
        struct vector *vector = &vectors[random_below(&random, COUNT)];
        if (vector->size >= LIMIT) {
            sum = sum * 3 + take_back(vector->block);
            vector->block = NULL, vector->size = 0;
        }
        size_t size = vector->size ? vector->size + vector->size / 2 : SMALLEST;
        vector->block = grown(vector->block, size);
        append(vector->block, vector->size, size);
        if (vector->size == 0) written(vector->block, i);
        vector->size = size;
    }
    for (int i = 0; i < COUNT; i++) sum = sum * 3 + take_back(vectors[i].block);
    job_stop(job);
    job->checksum = sum;
}

// Strings to which a few bytes are appended, with a realloc to the exact size each time.
static void strings(struct job *job) {
    enum { COUNT = 1000, LIMIT = 2000 };
    struct string {
        char *text;
        uint32_t length;
    } *strings = (struct string *)outside_memory(COUNT * sizeof *strings);
    struct generator random = random_from(8);
    uint64_t sum = 0;
    job_start(job);
    for (uint64_t i = 0; i < job->operations; i++) {
        struct string *string = &strings[random_below(&random, COUNT)];
        if (string->length >= LIMIT) {
            sum = sum * 3 + take_back(string->text);
            string->text = NULL, string->length = 0;
        }
        uint32_t more = 8 + (uint32_t)random_below(&random, 56);
        string->text = grown(string->text, string->length + more);
        memset(string->text + string->length, (int)(i & 0xff), more);
        string->length += more;
    }
    for (int i = 0; i < COUNT; i++) sum = sum * 3 + take_back(strings[i].text);
    job_stop(job);
    job->checksum = sum;
}

int main(int count, char **words) {
    static const struct workload workloads[] = {
        {"one-vector", one_vector},
        {"many-vectors", many_vectors},
        {"strings", strings},
        {0},
    };
    return run_one_of(workloads, count, words);
}
