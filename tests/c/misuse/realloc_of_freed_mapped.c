// realloc of a freed mapped block; caught at once. (glibc dies of SIGSEGV.)
// shows: misuse: realloc of a freed block
// expect: double free|realloc(): invalid pointer|mremap_chunk(): invalid pointer
// glibc: no
#include "check.h"

int main(void)
{
    char *block = malloc(50 * MIB);
    CHECK(block != NULL);
    announce(block);
    free(block);
    void *resized = realloc(opaque(block), 60 * MIB);
    (void)resized;
    _exit(0);
}
