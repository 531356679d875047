// free of the last multiple of 16 as an address (glibc dies of SIGSEGV); caught at once.
// shows: misuse: pointer to nothing
// expect: invalid pointer|invalid size|double free or corruption (out)
// glibc: no
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    announce(((char *)-16));
    free(opaque(((char *)-16)));
    _exit(0);
}
