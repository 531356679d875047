// arenite_purge returns by how much the process shrinks: the resident set falls by about so much (at most, if
// large chunks are free), and a second call finds nothing. malloc_trim returns 1 only if something was given back.
// glibc: no
// shows: extensions: arenite_purge: returns the bytes given back
// shows: malloc_trim: returns 1 only if something was released
#include "extensions.h"

static long resident_kb(void) { return rss_kb(); }

// Allocates and writes to blocks of this size, frees all but every 64th, and purges.
static void purge_after(size_t size, size_t total)
{
    size_t count = total / size;
    char **blocks = mmap(NULL, count * sizeof *blocks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(blocks != MAP_FAILED);
    for (size_t i = 0; i < count; i++) {
        CHECK((blocks[i] = malloc(size)) != NULL);
        memset(blocks[i], 1, size);
    }
    for (size_t i = 0; i < count; i++)
        if (i % 64 != 0)
            free(blocks[i]);
    long before = resident_kb();
    struct arenite_stats dirty = read_stats();
    size_t returned = arenite_purge();
    long shrunk = before - resident_kb();
    struct arenite_stats clean = read_stats();
    // The kernel counts resident pages in batches of 64 a thread.
    long slack = 600 + (long)(returned / KIB / 20);
    // Of a large free chunk what lies between two dirty pages counts as dirty, too.
    CHECK_AT(size > 16 * KIB || shrunk >= (long)(returned / KIB) - slack, returned);
    CHECK_AT(shrunk <= (long)(returned / KIB) + slack, returned);
    CHECK(clean.cached_blocks == 0 && clean.allocated_bytes == dirty.allocated_bytes);
    CHECK(clean.free_bytes - clean.purged_bytes <= dirty.free_bytes - dirty.purged_bytes + dirty.cached_bytes);
    CHECK(arenite_purge() == 0);
    CHECK(malloc_trim(0) == 0);
    for (size_t i = 0; i < count; i += 64)
        free(blocks[i]);
    CHECK(malloc_trim(0) == 1);
    CHECK(malloc_trim(0) == 0);
    CHECK(arenite_purge() == 0);
    CHECK(munmap(blocks, count * sizeof *blocks) == 0);
}

int main(void)
{
    // Nothing is given back by frees, so that there is something to find.
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, 32 * MIB) == 1);
    const size_t sizes[] = { 48, 400, 1000, 3000, 9000, 30000, 100000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        purge_after(sizes[i], 16 * MIB);
    return 0;
}
