// free of a function's address; caught at once.
// shows: misuse: pointer to memory of the program
// expect: invalid pointer|invalid size|double free or corruption (out)
// glibc: no
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    announce(((char *)((uintptr_t)main & ~(uintptr_t)15)));
    free(opaque(((char *)((uintptr_t)main & ~(uintptr_t)15))));
    _exit(0);
}
