// free of memory that the program got from sbrk itself; caught at once.
// shows: misuse: pointer to memory of the program
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    char *piece = sbrk(256 * 1024);
    CHECK(piece != (void *)-1);
    piece = (char *)(((uintptr_t)piece + 127 * KIB) & ~(uintptr_t)15);
    announce(piece);
    free(opaque(piece));
    _exit(0);
}
