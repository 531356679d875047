// free of the number 0x1234 as a pointer (glibc dies of SIGSEGV unless it is misaligned); caught at once.
// shows: misuse: pointer to nothing
// expect: invalid pointer|invalid size|double free or corruption (out)
// glibc: no
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    announce(((char *)0x1234));
    free(opaque(((char *)0x1234)));
    _exit(0);
}
