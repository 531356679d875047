// With M_TRIM_THRESHOLD -1 nothing goes back by itself: after everything was freed, and after a thread that had
// freed all it had has ended, as much is resident as before. malloc_trim(0) then gives it back.
// shows: mallopt: M_TRIM_THRESHOLD -1 keeps everything until malloc_trim
// cases: small medium mixed
#include "resident.h"

enum { TOTAL = 24 * 1024 * 1024 };

static const char *kind;
static long start;

static void fill_table(struct blocks *own)
{
    if (strcmp(kind, "small") == 0)
        blocks_fill(own, 16, 1024, TOTAL);
    else if (strcmp(kind, "medium") == 0)
        blocks_fill(own, 1025, 64 * KIB, TOTAL);
    else
        blocks_fill_mixed(own, TOTAL);
    blocks_shuffle(own);
}

// Fills and frees; true if nothing went back.
static void fill_and_free(struct blocks *own)
{
    fill_table(own);
    long peak = resident_kb();
    CHECK_AT(peak - start >= TOTAL / 1024, (size_t)(peak - start));
    blocks_free(own);
    long freed = resident_kb();
    CHECK_AT(freed >= peak - 64, (size_t)(peak - freed));
}

static void *work(void *own)
{
    fill_and_free(own);
    return NULL;
}

int main(int argc, char **argv)
{
    kind = argc > 1 ? argv[1] : "small";
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    // No blocks with mappings of their own, which always go.
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1);
    static struct blocks blocks;
    blocks_make(&blocks, 200 * 1000, 5);
    free(opaque(malloc(100)));
    start = resident_kb();
    start = resident_kb();
    fill_and_free(&blocks);
    // Once more, in the same memory.
    long before = resident_kb();
    fill_and_free(&blocks);
    // What the C library keeps in caches and bins has it fragmented.
    CHECK_AT(resident_kb() <= before + TOTAL / 1024 / 4, (size_t)(resident_kb() - before));
    CHECK(malloc_trim(0) == 1);
    CHECK_AT(resident_kb() - start <= 2048, (size_t)(resident_kb() - start));
    if (!on_arenite())
        return 0;
    CHECK(arenite_verify() == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, &blocks) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_AT(resident_kb() - start >= TOTAL / 1024, (size_t)(resident_kb() - start));
    CHECK(malloc_trim(0) == 1);
    CHECK_AT(resident_kb() - start <= 2048, (size_t)(resident_kb() - start));
    return 0;
}
