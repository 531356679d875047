// shows: malloc_trim: the pad stays at the heap's end
// shows: malloc_trim: pages of free chunks in the middle of the heap go back
// shows: malloc_trim: 1 if memory was given back
// malloc_trim gives back the heap's end but for the pad, and the whole pages of every free chunk between
// blocks in use, whose neighbours keep their contents; it returns 1 then.
#include "../settings.h"

static void check_pad(void *argument)
{
    size_t pad = *(size_t *)argument;
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, -1) == 1);
    char *large = malloc(10 * MIB);
    CHECK(large != NULL);
    free(large);
    CHECK(mallinfo2().keepcost >= 10 * MIB);
    CHECK(malloc_trim(pad) == 1);
    char *end = sbrk(0);
    size_t kept = end > large ? (size_t)(end - large) : 0, top = mallinfo2().keepcost;
    CHECK_AT(kept + 64 * KIB >= pad && kept <= pad + 128 * KIB, kept);
    CHECK_AT(top + 64 * KIB >= pad && top <= pad + 128 * KIB, top);
}

static void free_in_the_middle(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, -1) == 1);
    // The last one is of a size that no cache has ready, so that it lies behind the second.
    char *before = malloc(5000), *middle = malloc(700 * KIB), *after = malloc(UNCACHED);
    CHECK(before != NULL && middle != NULL && after != NULL);
    fill(before, 5000, 1);
    fill(after, 5000, 2);
    memset(middle, 7, 700 * KIB);
    free(middle);
    CHECK(resident_pages(middle + 100, 699 * KIB) > 100);
    CHECK(malloc_trim(0) == 1);
    CHECK(resident_pages(middle + 100, 699 * KIB) <= 1);
    CHECK(holds(before, 5000, 1) && holds(after, 5000, 2));
    char *again = malloc(700 * KIB);
    CHECK(again != NULL);
    fill(again, 700 * KIB, 3);
    CHECK(holds(again, 700 * KIB, 3));
}

int main(void)
{
    static size_t pads[] = { 0, 65536, 1000000, 5 * 1024 * 1024 };
    for (size_t i = 0; i < 4; i++)
        in_child(check_pad, &pads[i]);
    in_child(free_in_the_middle, NULL);
    return 0;
}
