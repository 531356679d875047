// malloc_usable_size of an address that is not the start of a block in use is 0, and nothing is read there:
// pointers into blocks, variables, wild addresses, unmapped blocks, small blocks that went back to their
// slab. (glibc reads the word before the address.)
// glibc: no
// shows: extensions: malloc_usable_size of what is no block is 0
#include "check.h"

static size_t usable_at(uintptr_t address) { return malloc_usable_size(opaque((void *)address)); }

int main(void)
{
    static char global[64] __attribute__((aligned(16)));
    char local[64] __attribute__((aligned(16)));
    static const uintptr_t wild[] = { 8, 16, 4096, 0x1234, 0x123456780000, 0x8badf00ddeadbee0, UINTPTR_MAX - 15 };
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
        CHECK_AT(usable_at(wild[i]) == 0, wild[i]);
    CHECK(usable_at((uintptr_t)global + 16) == 0 && usable_at((uintptr_t)local + 16) == 0);
    CHECK(usable_at((uintptr_t)main) == 0 && usable_at((uintptr_t)sbrk(0)) == 0);
    char *small = malloc(100), *medium = malloc(5000), *large = malloc(100 * KIB), *mapped = malloc(40 * MIB);
    CHECK(small != NULL && medium != NULL && large != NULL && mapped != NULL);
    memset(large, 0, 100 * KIB);
    memset(medium, 0, 5000);
    for (size_t offset = 8; offset <= 96; offset += 8)
        CHECK_AT(usable_at((uintptr_t)small + offset) == 0 || offset % 112 == 0, offset);
    for (size_t offset = 16; offset < 5000; offset += 16)
        CHECK_AT(usable_at((uintptr_t)medium + offset) == 0, offset);
    for (size_t offset = 16; offset < 100 * KIB; offset += 16)
        CHECK_AT(usable_at((uintptr_t)large + offset) == 0, offset);
    for (size_t offset = 16; offset < 40 * MIB; offset += 65536)
        CHECK_AT(usable_at((uintptr_t)mapped + offset) == 0, offset);
    free(mapped);
    CHECK(usable_at((uintptr_t)mapped) == 0);
    free(small);
    free(medium);
    free(large);
    malloc_trim(0);
    CHECK(usable_at((uintptr_t)small) == 0);
    CHECK(usable_at((uintptr_t)medium) == 0);
    CHECK(usable_at((uintptr_t)large) == 0);
    return 0;
}
