// A mapped block of 40 MiB is freed twice; caught at once. (glibc reads the header of the unmapped
// block and dies of SIGSEGV.)
// shows: misuse: mapped block freed twice
// expect: double free|invalid pointer
// glibc: no
#include "check.h"

int main(void)
{
    char *block = malloc(40 * MIB);
    CHECK(block != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    _exit(0);
}
