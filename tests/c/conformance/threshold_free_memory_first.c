// shows: thresholds: free memory of the heap is used before anything is mapped
// Above the threshold too a block comes from free memory of the heap if that suffices: only where neither a
// free chunk nor the heap's free end fits, it is mapped.
#include "../settings.h"

static void from_free_chunk(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, 64 * (int)MIB) == 1);
    char *large = malloc(3 * MIB), *barrier = malloc(50 * KIB);
    CHECK(large != NULL && barrier != NULL && is_below_break(large) && is_below_break(barrier));
    free(large);
    CHECK(mallopt(M_MMAP_THRESHOLD, 128 * (int)KIB) == 1);
    char *first = malloc(2 * MIB);
    CHECK(first >= large && first + 2 * MIB <= barrier);
    CHECK(is_mapped_request(2 * MIB));
}

static void from_end(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, 64 * (int)MIB) == 1);
    char *large = malloc(3 * MIB);
    CHECK(large != NULL && is_below_break(large));
    free(large);
    CHECK(mallinfo2().keepcost >= 3 * MIB);
    CHECK(mallopt(M_MMAP_THRESHOLD, 128 * (int)KIB) == 1);
    CHECK(!is_mapped_request(2 * MIB));
    CHECK(is_mapped_request(2 * MIB));
}

int main(void)
{
    in_child(from_free_chunk, NULL);
    in_child(from_end, NULL);
    return 0;
}
