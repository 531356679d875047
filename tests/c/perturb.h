// Shared by the tests of M_PERTURB: what fresh and freed memory must hold.
#ifndef ARENITE_TESTS_PERTURB_H
#define ARENITE_TESTS_PERTURB_H

#include "settings.h"

// The value that most of these tests set, what it makes of fresh memory, and of freed memory.
enum { PERTURB = 0x5a, FRESH = PERTURB ^ 0xff, FREED = PERTURB };

// Words that a free block may hold at its start, and one at its end that already belongs to the next.
enum { FREE_LINKS = 32, FREE_END = 8 };

// Sizes of all kinds of blocks: from slabs, cached chunks, larger chunks, the last ones mapped.
static const size_t perturb_sizes[] = {
    1, 8, 16, 24, 25, 40, 64, 100, 200, 500, 1000, 1024, 1025, 1032, 1100, 2000, 5000, 20000, 32768,
    33000, 60000, 65536, 66000, 100000, 130000, 200000, 1000000, 5000000,
};
#define PERTURB_SIZES (sizeof perturb_sizes / sizeof *perturb_sizes)
// How many of those come from the heap.
#define PERTURB_HEAP_SIZES (PERTURB_SIZES - 3)

__attribute__((unused)) static bool is_all(const void *block, size_t from, size_t to, int byte)
{
    const volatile unsigned char *bytes = opaque(block);
    for (size_t i = from; i < to; i++)
        if (bytes[i] != (unsigned char)byte)
            return false;
    return true;
}

// Whether the bytes from `from` to `to` of a freed block hold the fill. Pages that have gone back to the
// system read as zero.
__attribute__((unused)) static bool is_freed_fill(const unsigned char *block, size_t from, size_t to)
{
    size_t page = (size_t)getpagesize();
    while (from < to) {
        size_t next = (((uintptr_t)block + from) / page + 1) * page - (uintptr_t)block;
        size_t end = next < to ? next : to;
        if (!is_all(block, from, end, FREED) && !is_all(block, from, end, 0))
            return false;
        from = end;
    }
    return true;
}

// A fresh block holds the fill in all of its requested bytes.
#define CHECK_FRESH(block, size)                                                                   \
    do {                                                                                           \
        const void *fresh_ = (block);                                                              \
        CHECK_AT(fresh_ != NULL, size);                                                            \
        CHECK_AT(is_all(fresh_, 0, size, FRESH), size);                                            \
    } while (0)

// A freed block that had `usable` bytes holds the fill, but for what free lists need.
#define CHECK_FREED(block, usable)                                                                 \
    CHECK_AT(is_freed_fill(block, FREE_LINKS, (usable) > FREE_END ? (usable) - FREE_END : 0), usable)

// Sets the value; the heap's end stays, so that freed memory can be read.
__attribute__((unused)) static void set_perturb(int value)
{
    CHECK(mallopt(M_TRIM_THRESHOLD, -1) == 1);
    CHECK(mallopt(M_PERTURB, value) == 1);
}

#endif
