// The last block of the heap is freed, becomes part of the top, and is freed again; caught at once.
// shows: misuse: block freed twice, large in top
// expect: double free|invalid pointer
#include "check.h"

int main(void)
{
    char *first = malloc(100 * KIB), *block = malloc(100 * KIB);
    CHECK(first != NULL && block != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    _exit(0);
}
