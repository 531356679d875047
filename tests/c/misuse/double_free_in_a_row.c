// A block freed twice in a row, of each small size range; caught at once.
// shows: misuse: block freed twice
// shows: corruption: free(): double free detected in tcache 2
// shows: misuse: one line and SIGABRT
// expect: free(): double free detected in tcache 2
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
