// The first page of a slab goes back, too, with the chunk header in it, when no block in it is in use. Blocks of it
// and of its neighbours are allocated, freed and resized afterwards, whole slabs emptied, memory trimmed, and all
// that goes on in children of fork: at any time arenite_verify finds nothing wrong, arenite_heap_walk visits every
// block once, and contents are right.
// glibc: no
// cases: 1 2 3
// shows: memory: first pages of slabs go back, and come again
// shows: extensions: arenite_heap_walk: visits all blocks, whatever pages went back
#include "resident.h"
#include "fork.h"

enum { UNIT = 64 * 1024, PAGE = 4096, FILL = 1024 * 1024, STEPS = 400, CHILD_STEPS = 20, CHILD_EVERY = 40 };

static const size_t sizes[] = { 512, 48, 1024, 16, 336, 176 };
enum { SIZES = sizeof sizes / sizeof *sizes };

static struct blocks blocks;
static size_t others;

static size_t random_below(size_t limit) { return (size_t)(next_random(&blocks.random) % limit); }

static size_t any_size(void) { return sizes[random_below(SIZES)]; }

static bool is_in_first_page(const struct one *one) { return (uintptr_t)one->at % UNIT < PAGE; }

static int by_address(const void *left, const void *right)
{
    const struct one *one = left, *other = right;
    return one->at < other->at ? -1 : one->at > other->at;
}

// Counts blocks in use, and finds those of the table.
struct count {
    size_t allocated, found;
    unsigned char *last;
};

static int visit(const struct arenite_block *block, void *argument)
{
    struct count *count = argument;
    if (block->state != ARENITE_ALLOCATED)
        return 0;
    count->allocated++;
    if (count->found < blocks.count && block->address == blocks.all[count->found].at)
        count->found++;
    return 0;
}

static void check_all(void)
{
    CHECK(arenite_verify() == 0);
    read_stats();
    // One arena, and no mapped blocks: they come by rising address.
    qsort(blocks.all, blocks.count, sizeof *blocks.all, by_address);
    struct count count = { 0, 0, NULL };
    CHECK(arenite_heap_walk(visit, &count) == 0);
    CHECK_AT(count.found == blocks.count, blocks.count - count.found);
    CHECK_AT(count.allocated == blocks.count + others, count.allocated);
}

static void drop_where(bool (*is_meant)(const struct one *, uintptr_t), uintptr_t of_unit)
{
    for (size_t i = blocks.count; i-- > 0;)
        if (is_meant(&blocks.all[i], of_unit))
            blocks_drop(&blocks, i);
}

static bool is_of_unit(const struct one *one, uintptr_t unit) { return (uintptr_t)one->at / UNIT == unit; }

static bool is_of_first_page(const struct one *one, uintptr_t unit)
{
    return is_in_first_page(one) && (unit == 0 || is_of_unit(one, unit));
}

static uintptr_t any_unit(void) { return (uintptr_t)blocks.all[random_below(blocks.count)].at / UNIT; }

static void fill_again(void)
{
    while (blocks.bytes < SIZES * FILL)
        blocks_add(&blocks, any_size());
}

static void resize(size_t index, size_t size)
{
    struct one *one = &blocks.all[index];
    size_t kept = size < one->size ? size : one->size;
    unsigned char *moved = realloc(one->at, size);
    CHECK(moved != NULL && holds_sparsely(moved, kept, one->seed) | (kept < one->size));
    blocks.bytes += size - one->size;
    one->at = moved;
    one->size = (unsigned)size;
    write_pattern(moved, size, one->seed);
}

static void step(void)
{
    switch (random_below(11)) {
    case 0:
        drop_where(is_of_first_page, 0);
        malloc_trim(0);
        break;
    case 1:
        malloc_trim(0);
        break;
    case 2:
    case 3:
        drop_where(is_of_first_page, any_unit());
        break;
    case 4:
    case 5:
        // The slab becomes a free chunk once the thread's cache has given its blocks back.
        drop_where(is_of_unit, any_unit());
        if (random_below(2) == 0)
            malloc_trim(0);
        break;
    case 6:
        for (size_t i = 0, count = random_below(300); i < count; i++)
            resize(random_below(blocks.count), any_size());
        break;
    case 7:
        for (size_t i = 0, count = random_below(300); i < count; i++)
            blocks_add(&blocks, any_size());
        break;
    case 8:
        // A chunk where slabs were.
        blocks_add(&blocks, 30 * KIB + random_below(50) * KIB);
        break;
    case 9: {
        // One that reaches into the header of the slab behind it.
        uintptr_t unit = any_unit();
        drop_where(is_of_unit, unit);
        drop_where(is_of_unit, unit + 1);
        malloc_trim(0);
        blocks_add(&blocks, 2 * UNIT - 8);
        break;
    }
    default:
        for (size_t i = 0, count = random_below(2000); i < count && blocks.count > 100; i++)
            blocks_drop(&blocks, random_below(blocks.count));
    }
    if (blocks.bytes < SIZES * FILL / 4)
        fill_again();
}

static size_t first_pages_gone(void)
{
    size_t gone = 0;
    uintptr_t unit = 0;
    for (size_t i = 0; i < blocks.count; i++) {
        if ((uintptr_t)blocks.all[i].at / UNIT == unit)
            continue;
        unit = (uintptr_t)blocks.all[i].at / UNIT;
        gone += resident_pages((void *)(unit * UNIT), PAGE) == 0;
    }
    return gone;
}

int main(int argc, char **argv)
{
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1);
    blocks_make(&blocks, 600 * 1000, argc > 1 ? (unsigned)atoi(argv[1]) : 0);
    struct count count = { 0, 0, NULL };
    free(opaque(malloc(100)));
    malloc_trim(0);
    CHECK(arenite_heap_walk(visit, &count) == 0);
    others = count.allocated;
    // Slabs of all sizes side by side.
    fill_again();
    check_all();
    drop_where(is_of_first_page, 0);
    malloc_trim(0);
    check_all();
    // All but a few that are next to other chunks.
    size_t units = SIZES * FILL / UNIT;
    CHECK_AT(first_pages_gone() >= units * 3 / 4, first_pages_gone());
    for (int i = 0; i < STEPS; i++) {
        step();
        check_all();
        if (i % CHILD_EVERY != 0)
            continue;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            set_watchdog(20);
            for (int j = 0; j < CHILD_STEPS; j++) {
                step();
                check_all();
            }
            blocks_free(&blocks);
            check_all();
            _exit(0);
        }
        wait_for(child);
    }
    blocks_check(&blocks);
    blocks_shuffle(&blocks);
    blocks_free(&blocks);
    check_all();
    malloc_trim(0);
    check_all();
    return 0;
}
