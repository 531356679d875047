// hard_limit: a block grows where it is if only the difference fits, by mremap and in the heap; if that does not fit,
// realloc returns NULL with ENOMEM and the block stays. Shrinking always works, and what is gained can be used.
// shows: extensions: ARENITE_OPTIONS hard_limit: realloc
// env: ARENITE_OPTIONS=hard_limit=64m
// glibc: no
#include "extensions.h"

static void check_growth(size_t first, size_t last)
{
    char *block = malloc(first);
    CHECK_AT(block != NULL, first);
    fill_sparsely(block, first, 1);
    // Both would not fit side by side.
    char *grown = realloc(block, last);
    CHECK_AT(grown != NULL, last);
    CHECK(holds_sparsely(grown, first, 1));
    fill_sparsely(grown, last, 2);
    for (int i = 0; i < 10; i++)
        CHECK_FAILS_WITH(realloc(grown, 63 * MIB + (size_t)i * 4096), ENOMEM);
    CHECK_FAILS_WITH(realloc(grown, 200 * MIB), ENOMEM);
    CHECK(holds_sparsely(grown, last, 2));
    CHECK_FAILS_WITH(malloc(first), ENOMEM);
    char *shrunk = realloc(grown, 100 * KIB);
    CHECK(shrunk != NULL);
    block = malloc(first);
    CHECK_AT(block != NULL, first);
    free(block);
    free(shrunk);
}

int main(void)
{
    // Mapped, and in the heap, since freeing has raised the threshold.
    check_growth(33 * MIB, 58 * MIB);
    check_growth(40 * MIB, 60 * MIB);
    char *block = malloc(30 * MIB);
    CHECK(block != NULL);
    free(block);
    check_growth(28 * MIB, 58 * MIB);
    // In small steps up to the limit.
    size_t size = 100;
    block = malloc(size);
    CHECK(block != NULL);
    memset(block, 7, size);
    for (char *grown; (grown = realloc(block, size + size / 16 + 100)) != NULL; block = grown) {
        size_t more = size / 16 + 100;
        memset(grown + size, 7, more);
        size += more;
    }
    CHECK_AT(errno == ENOMEM && size > 26 * MIB, size);
    for (size_t i = 0; i < size; i++)
        CHECK_AT(block[i] == 7, i);
    free(block);
    CHECK(arenite_verify() == 0);
    return 0;
}
