// calloc's memory is zero in all size ranges, also where dirty memory is used again.
// shows: functions: calloc, zeros in all size ranges
#include "check.h"

static void check_size(size_t size)
{
    enum { COUNT = 12 };
    void *dirty[COUNT];
    void *clean[COUNT];
    int count = size > MIB ? 2 : COUNT;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < count; i++) {
            dirty[i] = malloc(size);
            CHECK_AT(dirty[i] != NULL, size);
            memset(dirty[i], 0xa5, malloc_usable_size(dirty[i]));
        }
        for (int i = 0; i < count; i++)
            free(dirty[(i * 5 + 3) % count]);
        for (int i = 0; i < count; i++) {
            clean[i] = i % 2 ? calloc(1, size) : calloc(size, 1);
            CHECK_AT(clean[i] != NULL, size);
            CHECK_AT(is_zero(clean[i], size), size);
        }
        for (int i = 0; i < count; i++) {
            memset(clean[i], 0x5a, malloc_usable_size(clean[i]));
            free(clean[i]);
        }
    }
}

int main(void)
{
    for (size_t size = 0; size < 1200; size += 7)
        check_size(size);
    for (size_t size = 1200; size < 3 * MIB; size += size / 5)
        check_size(size);
    // Parts of coalesced dirty memory, at sizes other than those that dirtied it.
    enum { COUNT = 400 };
    char *blocks[COUNT];
    for (size_t seed = 1; seed < 20; seed++) {
        for (size_t i = 0; i < COUNT; i++) {
            size_t size = (i * 2654435761u * seed >> 7) % 20000;
            blocks[i] = malloc(size);
            CHECK(blocks[i] != NULL);
            memset(blocks[i], 0xff, malloc_usable_size(blocks[i]));
        }
        for (size_t i = 0; i < COUNT; i++)
            free(blocks[i]);
        for (size_t i = 0; i < COUNT; i++) {
            size_t size = (i * 40503u * seed >> 3) % 30000;
            blocks[i] = calloc(1, size);
            CHECK(blocks[i] != NULL);
            CHECK_AT(is_zero(blocks[i], size), size);
            memset(blocks[i], 0xff, malloc_usable_size(blocks[i]));
        }
        for (size_t i = 0; i < COUNT; i++)
            free(blocks[i]);
    }
    return 0;
}
