// The last block of the heap is freed twice: it has become the top.
// expect: double free or corruption (top)
// shows: corruption: double free or corruption (top)
#include "check.h"

int main(void)
{
    char *first = malloc(100 * KIB), *block = malloc(UNCACHED);
    CHECK(first != NULL && block > first);
    announce(block);
    free(block);
    free(opaque(block));
    return 0;
}
