// The links in a freed block were overwritten with pointers to elsewhere; then malloc takes the block. (The
// list that it is in has another name in glibc.)
// expect: corrupted double-linked list|malloc(): unsorted double linked list corrupted
// shows: corruption: corrupted double-linked list
#include "check.h"

int main(void)
{
    static char elsewhere[128] __attribute__((aligned(16)));
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    announce(blocks[1]);
    free(blocks[1]);
    ((void **)opaque(blocks[1]))[0] = elsewhere;
    ((void **)opaque(blocks[1]))[1] = elsewhere;
    CHECK(malloc(UNCACHED) != NULL);
    return 0;
}
