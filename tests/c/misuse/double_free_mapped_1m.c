// A mapped block of 1 MiB is freed twice; caught at once. (glibc dies of SIGSEGV.)
// shows: misuse: mapped block freed twice
// expect: double free|invalid pointer
// glibc: no
#include "check.h"

int main(void)
{
    char *block = malloc(MIB);
    CHECK(block != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    _exit(0);
}
