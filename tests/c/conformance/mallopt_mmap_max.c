// shows: mallopt: M_MMAP_MAX
// shows: thresholds: a blocked break is replaced by mappings whatever M_MMAP_MAX says
// At most so many blocks are mapped at a time; freeing one makes room for another. 0 and negative values
// end mapped blocks; those that exist stay and can be resized and freed. Where the break cannot grow, the
// heap grows by mappings nevertheless.
#include "../settings.h"

static void check_limit(void *argument)
{
    int limit = *(int *)argument;
    size_t most = limit > 0 ? (size_t)limit : 0;
    CHECK(mallopt(M_MMAP_MAX, limit) == 1);
    char *blocks[12];
    for (size_t i = 0; i < 12; i++) {
        blocks[i] = malloc(MIB);
        CHECK(blocks[i] != NULL);
        fill_sparsely(blocks[i], MIB, (unsigned)i);
        CHECK_AT(mapped_chunks() == (i + 1 < most ? i + 1 : most), i);
        CHECK_AT(is_below_break(blocks[i]) == (i >= most), i);
    }
    for (size_t i = 0; i < most && i < 12; i++) {
        CHECK(holds_sparsely(blocks[i], MIB, (unsigned)i));
        free(blocks[i]);
        CHECK(mapped_chunks() == (most < 12 ? most : 12) - 1);
        blocks[i] = malloc(9 * MIB);
        CHECK(blocks[i] != NULL && !is_below_break(blocks[i]));
        fill_sparsely(blocks[i], MIB, (unsigned)i);
    }
    for (size_t i = 0; i < 12; i++) {
        CHECK(holds_sparsely(blocks[i], MIB, (unsigned)i));
        free(blocks[i]);
    }
    CHECK(mapped_chunks() == 0);
}

static void lowered_while_mapped(void *unused)
{
    (void)unused;
    char *blocks[4];
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = malloc(MIB);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], MIB, i);
    }
    CHECK(mapped_chunks() == 4);
    CHECK(mallopt(M_MMAP_MAX, 0) == 1);
    CHECK(!is_mapped_request(2 * MIB));
    blocks[0] = realloc(blocks[0], 5 * MIB);
    blocks[1] = realloc(blocks[1], MIB / 2);
    CHECK(blocks[0] != NULL && holds(blocks[0], MIB, 0) && blocks[1] != NULL && holds(blocks[1], MIB / 2, 1));
    for (unsigned i = 2; i < 4; i++)
        CHECK(holds(blocks[i], MIB, i));
    for (unsigned i = 0; i < 4; i++)
        free(blocks[i]);
    CHECK(mapped_chunks() == 0);
    CHECK(mallopt(M_MMAP_MAX, 1) == 1);
    CHECK(is_mapped_request(20 * MIB) && !is_mapped_request(20 * MIB));
}

// Aligned blocks count too.
static void aligned(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_MMAP_MAX, 1) == 1);
    void *first = memalign(64 * KIB, MIB), *second = memalign(64 * KIB, MIB);
    CHECK(first != NULL && second != NULL && is_aligned(first, 64 * KIB) && is_aligned(second, 64 * KIB));
    CHECK(mapped_chunks() == 1 && is_below_break(second));
}

static void blocked_break(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_MMAP_MAX, 0) == 1);
    CHECK(malloc(100) != NULL);
    uintptr_t page = (uintptr_t)getpagesize();
    void *next = (void *)(((uintptr_t)sbrk(0) + page - 1) & ~(page - 1));
    CHECK(mmap(next, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == next);
    void *break_before = sbrk(0);
    for (unsigned i = 0; i < 5; i++) {
        char *block = malloc(3 * MIB);
        CHECK(block != NULL && !is_below_break(block));
        fill_sparsely(block, 3 * MIB, i);
        CHECK(holds_sparsely(block, 3 * MIB, i));
    }
    CHECK(mapped_chunks() == 0);
    CHECK(sbrk(0) == break_before);
}

static void *allocate_in_thread(void *unused)
{
    (void)unused;
    // More than what a secondary heap of glibc holds, so that it maps the block after all.
    char *block = malloc(100 * MIB);
    CHECK(block != NULL);
    block[0] = block[100 * MIB - 1] = 1;
    free(block);
    block = malloc(20 * MIB);
    CHECK(block != NULL && mapped_chunks() == 0);
    block[0] = block[20 * MIB - 1] = 1;
    free(block);
    return NULL;
}

static void in_thread(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_MMAP_MAX, 0) == 1);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, allocate_in_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

int main(void)
{
    static int limits[] = { 0, -1, -1000, 1, 5, 12, 1000 };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        in_child(check_limit, &limits[i]);
    in_child(lowered_while_mapped, NULL);
    in_child(aligned, NULL);
    in_child(blocked_break, NULL);
    in_child(in_thread, NULL);
    return 0;
}
