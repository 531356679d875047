// A pointer 16 bytes in front of a mapped block is freed: the start of its mapping. The page in front of that,
// where such a block would have its tag, is not mapped, and must not be read. (glibc reads it.)
// expect: munmap_chunk(): invalid pointer
// shows: corruption: munmap_chunk(): invalid pointer
// glibc: no
#include "check.h"

int main(void)
{
    enum { BLOCKS = 9 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    CHECK(mallopt(M_MMAP_THRESHOLD, (int)MIB) == 1);
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(4 * MIB);
        CHECK(blocks[i] != NULL && ((uintptr_t)blocks[i] - 16) % page == 0);
    }
    // Mappings are neighbours as a rule: so every second one goes.
    for (int i = 1; i < BLOCKS; i += 2)
        free(blocks[i]);
    for (int i = 0; i < BLOCKS; i += 2) {
        char *start = blocks[i] - 16;
        if (is_mapped(start - page))
            continue;
        CHECK(malloc_usable_size(opaque(start)) == 0);
        announce(start);
        free(opaque(start));
        _exit(0);
    }
    check_failed(__FILE__, __LINE__, "no mapping stands alone");
}
