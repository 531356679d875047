// Blocks from every function can be resized with realloc to every range, and freed with free.
// shows: functions: realloc, blocks from every function
// shows: functions: free, blocks from every function
#include "check.h"

enum { WAYS = 9 };

static char *allocate(int way, size_t size)
{
    void *block = NULL;
    switch (way) {
    case 0: return malloc(size);
    case 1: return calloc(1, size);
    case 2: return realloc(NULL, size);
    case 3: return reallocarray(NULL, 1, size);
    case 4: return memalign(128, size);
    case 5: return aligned_alloc(4096, size);
    case 6: return posix_memalign(&block, 65536, size) == 0 ? block : NULL;
    case 7: return valloc(size);
    default: return pvalloc(size);
    }
}

int main(void)
{
    static const size_t sizes[] = { 1, 40, 700, 3000, 20000, 90000, 300000, 2000000 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    for (int way = 0; way < WAYS; way++)
        for (size_t i = 0; i < COUNT; i++) {
            char *block = allocate(way, sizes[i]);
            CHECK_AT(block != NULL, sizes[i]);
            size_t held = sizes[i];
            fill(block, held, (unsigned)way);
            for (size_t j = 0; j < COUNT; j++) {
                size_t target = sizes[(i + j * 3) % COUNT];
                char *resized = realloc(block, target);
                CHECK_AT(resized != NULL, target);
                CHECK_AT(holds(resized, held < target ? held : target, (unsigned)way), target);
                held = target;
                fill(resized, held, (unsigned)way);
                block = resized;
            }
            free(block);
            free(allocate(way, sizes[i]));
        }
    return 0;
}
