// Blocks of other sizes freed between the two frees.
// shows: misuse: block freed twice
// shows: corruption: free(): double free detected in tcache 2
// expect: free(): double free detected in tcache 2
#include "check.h"

int main(void)
{
    static const size_t sizes[] = { 8, 40, 200, 500, 2000, 9000, 70000 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    char *others[COUNT];
    // While this lives the cache is kept.
    char *kept = malloc(100000);
    char *block = malloc(120);
    CHECK(kept != NULL && block != NULL);
    for (int i = 0; i < COUNT; i++) {
        others[i] = malloc(sizes[i]);
        CHECK(others[i] != NULL);
    }
    announce(block);
    free(block);
    for (int i = 0; i < COUNT; i++)
        free(others[i]);
    free(opaque(block));
    return 0;
}
