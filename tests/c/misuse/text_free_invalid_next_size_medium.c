// A string of 'A' ran over the end of a block that is too large for glibc's cache, into the next one's size;
// then it is freed.
// expect: free(): invalid next size (normal)
// shows: corruption: free(): invalid next size (normal)
#include "check.h"

int main(void)
{
    char *block, *behind;
    neighbours(5000, &block, &behind);
    announce(block);
    memset(opaque(block), 'A', malloc_usable_size(block) + 8);
    free(block);
    return 0;
}
