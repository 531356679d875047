// A small block is freed twice and waits in the thread's cache.
// expect: free(): double free detected in tcache 2
// shows: corruption: free(): double free detected in tcache 2
#include "check.h"

int main(void)
{
    char *block = malloc(100);
    CHECK(block != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    return 0;
}
