// The last block of the heap was written over its end, into the size of the top; then more is allocated.
// expect: malloc(): corrupted top size
// shows: corruption: malloc(): corrupted top size
#include "check.h"

int main(void)
{
    char *block = malloc(40000);
    CHECK(block != NULL);
    size_t usable = malloc_usable_size(block);
    announce(block + usable + 8);
    *(size_t *)opaque(block + usable) = SIZE_MAX;
    for (int i = 0; i < 10; i++)
        CHECK(malloc(50000) != NULL);
    return 0;
}
