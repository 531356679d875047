// free keeps errno and the process goes on when the system refuses to unmap: with the number of
// mappings at its limit, munmap in the middle of a larger mapping fails with ENOMEM.
// shows: functions: free, errno is kept when the system refuses to unmap
#include "check.h"

int main(void)
{
    enum { COUNT = 9, MANY = 70000 };
    char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(MIB);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, MIB);
    }
    char *witness = mmap(NULL, 3 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(witness != MAP_FAILED);
    // Pages of alternating protection are one mapping each.
    size_t page = (size_t)getpagesize();
    char *area = mmap(NULL, 2 * MANY * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(area != MAP_FAILED);
    for (size_t i = 1; i < 2 * MANY && mprotect(area + i * page, page, PROT_READ) == 0; i += 2)
        ;
    // The arrangement holds: this is what the allocator's own munmap calls meet.
    CHECK(munmap(witness + MIB, MIB) == -1 && errno == ENOMEM);
    for (int i = 1; i < COUNT; i += 2) {
        errno = 4321;
        free(blocks[i]);
        CHECK(errno == 4321);
    }
    // Small and medium requests must still work: they need no new mapping beyond the heap's own.
    for (int i = 0; i < 100; i++) {
        void *block = malloc((size_t)i * 16);
        if (block == NULL)
            CHECK(errno == ENOMEM);
        errno = 99;
        free(block);
        CHECK(errno == 99);
    }
    munmap(area, 2 * MANY * page);
    for (int i = 0; i < COUNT; i += 2) {
        CHECK(blocks[i][0] == 1 && blocks[i][MIB - 1] == 1);
        free(blocks[i]);
    }
    void *block = malloc(4 * MIB);
    CHECK(block != NULL);
    free(block);
    return 0;
}
