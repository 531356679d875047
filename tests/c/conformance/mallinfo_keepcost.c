// keepcost is the free end of the main heap: it takes in what is freed there, malloc_trim leaves about its
// pad of it, and the break falls by as much as arena does.
// shows: mallinfo2: keepcost
// shows: malloc_trim: the pad applies to the main top
#include "check.h"

static void grow_top(size_t bytes)
{
    enum { SIZE = 100000 };
    static char *blocks[400];
    size_t count = bytes / SIZE + 1;
    CHECK(count <= 400);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL && is_below_break(blocks[i]));
    }
    while (count > 0)
        free(blocks[--count]);
    CHECK_AT(mallinfo2().keepcost >= bytes, mallinfo2().keepcost);
}

int main(void)
{
    keep_all_in_heap();
    // While a block lives in it the heap's memory is not given back as a whole.
    char *kept = malloc(70000);
    CHECK(kept != NULL);
    for (size_t pad = 0; pad <= 8 * MIB; pad = pad * 3 + 100 * KIB) {
        grow_top(20 * MIB);
        struct mallinfo2 before = mallinfo2();
        char *end = sbrk(0);
        CHECK(malloc_trim(pad) == 1);
        struct mallinfo2 after = mallinfo2();
        CHECK_AT(after.keepcost >= pad && after.keepcost <= pad + 132 * KIB, after.keepcost);
        size_t fallen = (size_t)(end - (char *)sbrk(0));
        CHECK_AT(before.arena - after.arena == fallen, fallen);
        CHECK_AT(before.keepcost - after.keepcost == fallen, fallen);
        CHECK(before.uordblks == after.uordblks);
        CHECK(before.fordblks - after.fordblks == fallen);
    }
    // A pad larger than what is there: nothing happens to the break.
    void *end = sbrk(0);
    malloc_trim(opaque_size(SIZE_MAX));
    malloc_trim(64 * MIB);
    CHECK(sbrk(0) == end);
    free(kept);
    return 0;
}
