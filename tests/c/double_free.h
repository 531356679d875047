// A block of a small size, freed twice with others of that size freed in front and in between.
#ifndef ARENITE_TESTS_DOUBLE_FREE_H
#define ARENITE_TESTS_DOUBLE_FREE_H

#include "check.h"

// Frees `before` blocks, one, and `between` more, all of 72 bytes; then that one again, whose address is
// announced.
static inline void free_twice(int before, int between)
{
    enum { MOST = 128 };
    static char *blocks[MOST];
    int count = before + 1 + between;
    CHECK(count <= MOST);
    for (int i = 0; i < count; i++) {
        blocks[i] = malloc(72);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[before]);
    for (int i = 0; i < count; i++)
        free(blocks[i]);
    free(opaque(blocks[before]));
}

#endif
