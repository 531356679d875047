// The usable size of a block depends on its request alone and grows with it, and is not more than an eighth
// and a tag larger; a block of the heap above the cached sizes has ((n + 23) & ~15) - 8 bytes; one with a
// mapping of its own reaches to the mapping's end, but for a tag of at most 24 bytes.
// shows: functions: malloc_usable_size of heap and mapped blocks
#include "check.h"

int main(void)
{
    size_t before = 0;
    for (size_t size = 0; size < UNCACHED; size += size < 2000 ? 1 : 97) {
        void *a = malloc(size), *b = malloc(size);
        CHECK(a != NULL && b != NULL);
        size_t usable = malloc_usable_size(a);
        CHECK_AT(usable == malloc_usable_size(b), size);
        CHECK_AT(usable >= size && usable >= before && usable % 8 == 0, size);
        CHECK_AT(usable <= size + size / 8 + 24, size);
        before = usable;
        free(a);
        free(b);
    }
    for (size_t size = 64 * KIB + 1; size < 120000; size += 1237) {
        // One behind the other, so that no free chunk that is a little longer is taken.
        char *block = malloc(size);
        CHECK(block != NULL && is_below_break(block));
        CHECK_AT(malloc_usable_size(block) == ((size + 23) & ~(size_t)15) - 8, size);
    }
    size_t page = (size_t)getpagesize();
    for (size_t size = 33 * MIB; size < 33 * MIB + 3 * page; size += 511) {
        char *block = malloc(size);
        CHECK(block != NULL && !is_below_break(block));
        uintptr_t end = (uintptr_t)block + malloc_usable_size(block);
        CHECK_AT(round_up(end, page) - end <= 24, size);
        CHECK_AT(malloc_usable_size(block) < size + 2 * page, size);
        fill(block + size, malloc_usable_size(block) - size, 1);
        free(block);
    }
    return 0;
}
