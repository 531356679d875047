// A medium block freed twice in a row; caught at once.
// shows: misuse: block freed twice, medium
// expect: double free
#include "check.h"

int main(void)
{
    char *block = malloc(20000), *behind = malloc(20000);
    CHECK(block != NULL && behind != NULL);
    announce(block);
    free(block);
    free(opaque(block));
    _exit(0);
}
