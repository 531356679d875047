// A freed block was filled with 'A' from its start, so that its links are wild; then malloc takes it. (glibc
// follows them and dies of SIGSEGV.)
// expect: corrupted double-linked list
// glibc: no
// shows: corruption: corrupted double-linked list
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(UNCACHED)) != NULL);
    announce(blocks[1]);
    free(blocks[1]);
    memset(opaque(blocks[1]), 'A', 64);
    CHECK(malloc(UNCACHED) != NULL);
    return 0;
}
