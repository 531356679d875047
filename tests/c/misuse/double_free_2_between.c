// 2 other blocks of the same size freed between the two frees.
// expect: double free
#include "check.h"

int main(void)
{
    enum { BETWEEN = 2 };
    char *blocks[1 + BETWEEN];
    for (int i = 0; i <= BETWEEN; i++) {
        blocks[i] = malloc(72);
        CHECK(blocks[i] != NULL);
    }
    announce(blocks[0]);
    for (int i = 0; i <= BETWEEN; i++)
        free(blocks[i]);
    free(opaque(blocks[0]));
    return 0;
}
