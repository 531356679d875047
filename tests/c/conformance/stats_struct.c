// The statistics as a struct: they follow what the program does, exactly, and a program compiled with an
// older or a newer header gets the members that it knows.
// glibc: no
// shows: extensions: arenite_stats: bytes exact to the size class, one equation
// shows: extensions: arenite_stats: a struct that may grow
#include "extensions.h"

int main(void)
{
    // A warm-up, so that arenas and caches exist.
    free(malloc(100));
    struct arenite_stats before = read_stats();
    CHECK(before.threads == 1);

    void *object = malloc(100);
    void *chunk = malloc(5000);
    void *mapped = malloc(3 * MIB);
    void *aligned = memalign(MIB, 2 * MIB);
    CHECK(object != NULL && chunk != NULL && mapped != NULL && aligned != NULL);
    struct arenite_stats now = read_stats();
    size_t own = counted_bytes(object) + counted_bytes(chunk) + counted_bytes(mapped) + counted_bytes(aligned);
    CHECK(malloc_usable_size(object) == 112);
    CHECK_AT(now.allocated_bytes - before.allocated_bytes == own, now.allocated_bytes);
    CHECK(now.mapped_chunks == before.mapped_chunks + 2);
    CHECK(now.mapped_bytes == before.mapped_bytes + counted_bytes(mapped) + counted_bytes(aligned));

    // Freed blocks wait in the cache; what is mapped is gone.
    free(object);
    free(chunk);
    struct arenite_stats cached = read_stats();
    CHECK(cached.cached_blocks == now.cached_blocks + 2);
    CHECK_AT(cached.cached_bytes == now.cached_bytes + 112 + 5136, cached.cached_bytes);
    CHECK(cached.allocated_bytes == now.allocated_bytes - 112 - 5136);
    free(mapped);
    free(aligned);
    struct arenite_stats freed = read_stats();
    CHECK(freed.allocated_bytes == before.allocated_bytes);
    CHECK(freed.mapped_chunks == before.mapped_chunks && freed.mapped_chunks_max == now.mapped_chunks);
    CHECK(freed.mapped_bytes_max == now.mapped_bytes);
    arenite_purge();
    struct arenite_stats purged = read_stats();
    CHECK(purged.cached_blocks == 0 && purged.cached_bytes == 0);
    CHECK(purged.allocated_bytes == before.allocated_bytes);

    // A shorter struct, and one of a later version.
    struct {
        size_t members[sizeof(struct arenite_stats) / sizeof(size_t)];
        size_t later[2];
    } memory;
    memset(&memory, 0xa5, sizeof memory);
    size_t unset = memory.later[0];
    CHECK(arenite_stats((struct arenite_stats *)&memory, 2 * sizeof(size_t)) == sizeof(struct arenite_stats));
    CHECK(memory.members[0] == purged.arenas && memory.members[1] == purged.threads);
    CHECK(memory.members[2] == unset);
    CHECK(arenite_stats((struct arenite_stats *)&memory, sizeof memory) == sizeof(struct arenite_stats));
    CHECK(memcmp(&memory, &purged, sizeof purged) == 0);
    CHECK(memory.later[0] == unset && memory.later[1] == unset);
    CHECK(arenite_stats(NULL, 0) == sizeof(struct arenite_stats));
    CHECK(arenite_stats(NULL, sizeof memory) == sizeof(struct arenite_stats));
    return 0;
}
