// free of an address in a page that was never mapped (glibc dies of SIGSEGV); caught at once.
// shows: misuse: pointer to nothing
// expect: invalid pointer|invalid size|double free or corruption (out)
// glibc: no
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    char *wild = (char *)0x123456780000;
    CHECK(!is_mapped(wild));
    announce(wild);
    free(opaque(wild));
    _exit(0);
}
