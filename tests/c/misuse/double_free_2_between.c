// 2 other blocks of the same size freed between the two frees.
// shows: misuse: block freed twice
// shows: corruption: free(): double free detected in tcache 2
// expect: free(): double free detected in tcache 2
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
