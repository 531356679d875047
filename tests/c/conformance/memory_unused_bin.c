// A thread that goes on with other work gives back what it has cached of sizes that it does not use any more; what
// it uses stays cached.
// glibc: no
// cases: small medium
// shows: memory: cached blocks of a size not used go back: {case}
#include "resident.h"

enum { COUNT = 5000, WORK_MS = 500, USED = 1008, UNUSED = 384, UNUSED_MEDIUM = 5120 };

static size_t least, most;

static int count_cached(const struct arenite_block *block, void *argument)
{
    if (block->state == ARENITE_CACHED && block->size >= least && block->size <= most)
        ++*(size_t *)argument;
    return 0;
}

// Number of cached blocks that were allocated as `size` bytes, one of the classes.
static size_t cached_of(size_t size)
{
    size_t count = 0;
    least = size;
    most = size + 16;
    CHECK(arenite_heap_walk(count_cached, &count) == 0);
    return count;
}

static void use(size_t size, size_t count)
{
    static void *blocks[COUNT];
    for (size_t i = 0; i < count; i++)
        CHECK((blocks[i] = malloc(size)) != NULL);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
}

int main(int argc, char **argv)
{
    size_t size = argc > 1 && strcmp(argv[1], "medium") == 0 ? UNUSED_MEDIUM : UNUSED;
    static struct blocks beside;
    blocks_make(&beside, 20 * 1000, 2);
    blocks_fill(&beside, 16, 4096, 8 * MIB);
    use(size, 100);
    CHECK_AT(cached_of(size) >= 2, cached_of(size));
    for (uint64_t end = now_ms() + WORK_MS; now_ms() < end; sleep_ms(5))
        // More than fits into the cache.
        use(USED, COUNT);
    CHECK_AT(cached_of(size) == 0, cached_of(size));
    CHECK_AT(cached_of(USED) >= 2, cached_of(USED));
    use(size, 100);
    CHECK_AT(cached_of(size) >= 2, cached_of(size));
    CHECK(arenite_verify() == 0);
    blocks_check(&beside);
    return 0;
}
