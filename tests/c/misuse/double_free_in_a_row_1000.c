// A block of 1,000 bytes freed twice in a row; caught at once.
// shows: misuse: block freed twice
// shows: corruption: free(): double free detected in tcache 2
// expect: free(): double free detected in tcache 2
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
