// A chunk between two used ones is freed twice.
// expect: double free or corruption (!prev)
// shows: corruption: double free or corruption (!prev)
#include "check.h"

int main(void)
{
    char *blocks[4];
    for (int i = 0; i < 4; i++)
        CHECK((blocks[i] = malloc(100 * KIB)) != NULL);
    announce(blocks[1]);
    free(blocks[1]);
    free(opaque(blocks[1]));
    return 0;
}
