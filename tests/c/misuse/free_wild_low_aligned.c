// free of the number 0x10 as a pointer (glibc dies of SIGSEGV); caught at once.
// shows: misuse: pointer to nothing
// expect: invalid pointer|invalid size|double free or corruption (out)
// glibc: no
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    announce(((char *)0x10));
    free(opaque(((char *)0x10)));
    _exit(0);
}
