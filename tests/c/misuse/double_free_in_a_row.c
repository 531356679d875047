// A block freed twice in a row, of each small size range; caught at once.
// expect: double free
#include "check.h"

int main(void)
{
    char *block = malloc(40);
    CHECK(block != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    _exit(0);
}
