// shows: mallopt: M_TOP_PAD
// The break moves by so many bytes more than are needed, and so many stay when it falls, also when
// malloc_trim is asked to keep as much. It can be changed at any time.
#include "../settings.h"

enum { UNIT = 64 * 1024 };

static void check_pad(size_t pad)
{
    CHECK(mallopt(M_TOP_PAD, (int)pad) == 1);
    CHECK(mallopt(M_TRIM_THRESHOLD, 8 * (int)MIB) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, 64 * (int)MIB) == 1);
    exhaust_top();
    size_t growth = growth_for(20000);
    CHECK_AT(growth + UNIT >= pad + 4000 && growth <= pad + 2 * UNIT, growth);
    // The rest of the heap's end is used before it grows again.
    char *before = sbrk(0);
    if (pad > 2 * UNIT)
        CHECK(malloc(pad - 2 * UNIT) != NULL && sbrk(0) == before);
    // A top of 10 MiB or more, which falls to the pad.
    char *large = malloc(12 * MIB);
    CHECK(large != NULL && is_below_break(large));
    CHECK((size_t)((char *)sbrk(0) - before) + pad + 3 * UNIT >= 12 * MIB);
    size_t above = (size_t)((char *)sbrk(0) - large);
    CHECK_AT(above >= 12 * MIB && above <= 12 * MIB + pad + 2 * UNIT, above);
    free(large);
    size_t kept = (size_t)((char *)sbrk(0) - large);
    CHECK_AT(kept + UNIT >= pad && kept <= pad + 2 * UNIT, kept);
    size_t top = mallinfo2().keepcost;
    CHECK_AT(top + UNIT >= pad && top <= pad + 3 * UNIT, top);
}

static void check_once(void *argument)
{
    check_pad(*(size_t *)argument);
}

static void check_changes(void *unused)
{
    (void)unused;
    check_pad(MIB);
    check_pad(0);
    check_pad(3 * MIB);
    check_pad(MIB / 4);
}

// -1 is the largest size there is, so that growth by it is not possible: only what is needed is taken.
static void check_largest(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_TOP_PAD, -1) == 1);
    use_allocator(1);
}

int main(void)
{
    static size_t pads[] = { 0, 4096, 65536, 131072, 1000000, 5 * 1024 * 1024 };
    for (size_t i = 0; i < sizeof pads / sizeof *pads; i++)
        in_child(check_once, &pads[i]);
    in_child(check_changes, NULL);
    in_child(check_largest, NULL);
    return 0;
}
