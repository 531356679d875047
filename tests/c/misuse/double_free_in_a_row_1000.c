// A block of 1,000 bytes freed twice in a row; caught at once.
// expect: double free
#include "check.h"

int main(void)
{
    char *block = malloc(1000);
    CHECK(block != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    _exit(0);
}
