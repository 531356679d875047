// What a program has that does nothing, at the start of `main` and after the first block.
#include "memory.h"

static void nothing(void) {
    mark("start");
    checksum = block_free(block_new(16));
    mark("first");
}

int main(int count, char **words) {
    static const struct memory_case cases[] = {{"nothing", nothing}, {NULL, NULL}};
    return run_case(cases, count, words);
}
