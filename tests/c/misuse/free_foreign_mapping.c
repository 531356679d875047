// free of the start of a mapping that the program made itself; caught at once.
// shows: misuse: pointer to memory of the program
// shows: corruption: free(): invalid pointer
// expect: free(): invalid pointer
#include "check.h"

int main(void)
{
    char *own = malloc(10);
    CHECK(own != NULL);
    char *mapping = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapping != MAP_FAILED);
    announce((mapping + 64 * KIB));
    free(opaque((mapping + 64 * KIB)));
    _exit(0);
}
