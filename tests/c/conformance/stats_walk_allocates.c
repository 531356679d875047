// The walk over the heap: its callback allocates and frees, also the very block that it is shown, and prints;
// a block that lives through the walk is shown once. The walk ends when the callback says so.
// glibc: no
// seconds: 60
// shows: extensions: arenite_heap_walk: the callback may allocate and free
#include "extensions.h"

enum { BLOCKS = 12000 };

static struct block {
    char *address;
    size_t size;
    int seen;
    bool is_ours;
} blocks[BLOCKS];

static int by_address(const void *left, const void *right)
{
    const char *a = ((const struct block *)left)->address, *b = ((const struct block *)right)->address;
    return a < b ? -1 : a > b;
}

static struct block *find(const void *address)
{
    struct block key = { .address = (char *)address };
    return bsearch(&key, blocks, BLOCKS, sizeof *blocks, by_address);
}

static uint64_t seed = 99;
static size_t calls;

static int churn(const struct arenite_block *shown, void *context)
{
    CHECK(context == &seed);
    calls++;
    struct block *block = find(shown->address);
    if (block != NULL && block->is_ours) {
        CHECK_AT(shown->state == ARENITE_ALLOCATED, shown->size);
        CHECK_AT(shown->size == counted_bytes(block->address), shown->size);
        CHECK(block->seen++ == 0);
        // Every third is freed while it is shown; a few others before or after it.
        if (next_random(&seed) % 3 == 0) {
            free(block->address);
            block->is_ours = false;
        }
    }
    if (next_random(&seed) % 4 == 0) {
        struct block *other = &blocks[next_random(&seed) % BLOCKS];
        if (other->is_ours && other->seen > 0) {
            free(other->address);
            other->is_ours = false;
        }
    }
    void *temporary = malloc(random_size(&seed));
    CHECK(temporary != NULL);
    if (calls % 2000 == 0)
        CHECK(arenite_stats(NULL, 0) > 0 && malloc_trim(0) >= 0 && mallinfo2().arena > 0);
    free(temporary);
    return 0;
}

static int stop(const struct arenite_block *shown, void *context)
{
    CHECK(shown->address != NULL);
    return ++*(int *)context == 1000 ? -77 : 0;
}

int main(void)
{
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i].size = random_size(&seed);
        CHECK((blocks[i].address = malloc(blocks[i].size)) != NULL);
        blocks[i].is_ours = true;
    }
    qsort(blocks, BLOCKS, sizeof *blocks, by_address);
    // Some gaps.
    for (int i = 0; i < BLOCKS; i += 5) {
        free(blocks[i].address);
        blocks[i].is_ours = false;
    }
    CHECK(arenite_heap_walk(churn, &seed) == 0);
    CHECK(calls >= BLOCKS / 2);
    for (int i = 0; i < BLOCKS; i++)
        CHECK_AT(!blocks[i].is_ours || blocks[i].seen == 1, blocks[i].size);
    CHECK(arenite_verify() == 0);

    int count = 0;
    CHECK(arenite_heap_walk(stop, &count) == -77 && count == 1000);
    CHECK(arenite_heap_walk(NULL, NULL) == 0);
    return 0;
}
