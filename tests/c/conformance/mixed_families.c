// Blocks from every function can be resized with realloc to every range, and freed with free.
// shows: functions: {case}, resized by realloc and freed
// cases: malloc calloc realloc reallocarray memalign aligned_alloc posix_memalign valloc pvalloc
#include "check.h"

static char *allocate(const char *function, size_t size)
{
    static const char *const functions[] = { "malloc", "calloc", "realloc", "reallocarray", "memalign",
                                             "aligned_alloc", "posix_memalign", "valloc", "pvalloc" };
    unsigned chosen = 0;
    while (chosen < 9 && strcmp(functions[chosen], function) != 0)
        chosen++;
    void *block = NULL;
    switch (chosen) {
    case 0: return malloc(size);
    case 1: return calloc(1, size);
    case 2: return realloc(NULL, size);
    case 3: return reallocarray(NULL, 1, size);
    case 4: return memalign(128, size);
    case 5: return aligned_alloc(4096, size);
    case 6: return posix_memalign(&block, 65536, size) == 0 ? block : NULL;
    case 7: return valloc(size);
    case 8: return pvalloc(size);
    default: check_failed(__FILE__, __LINE__, "no function %s", function);
    }
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 1, 40, 700, 3000, 20000, 90000, 300000, 2000000 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    CHECK(argc == 2);
    for (size_t i = 0; i < COUNT; i++) {
        char *block = allocate(argv[1], sizes[i]);
        CHECK_AT(block != NULL, sizes[i]);
        size_t held = sizes[i];
        fill(block, held, 3);
        for (size_t j = 0; j < COUNT; j++) {
            size_t target = sizes[(i + j * 3) % COUNT];
            char *resized = realloc(block, target);
            CHECK_AT(resized != NULL, target);
            CHECK_AT(holds(resized, held < target ? held : target, 3), target);
            held = target;
            fill(resized, held, 3);
            block = resized;
        }
        free(block);
        free(allocate(argv[1], sizes[i]));
    }
    return 0;
}
