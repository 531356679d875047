// free of an address that no pointer can have (glibc dies of SIGSEGV); caught at once.
// shows: misuse: pointer to nothing
// expect: invalid pointer|invalid size|double free or corruption (out)
// glibc: no
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    announce(((char *)0x8badf00ddeadbee0));
    free(opaque(((char *)0x8badf00ddeadbee0)));
    _exit(0);
}
