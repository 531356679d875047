// realloc shrinks in place, and what is cut off can be allocated again.
// shows: thresholds: realloc grows and shrinks in place
#include "check.h"

int main(void)
{
    // Of the first two the rest, but for the 512 bytes below, is as large as one of the size classes to which
    // Arenite rounds such requests; of the others it is above those.
    static const size_t sizes[] = { 68352, 86784, 100000, 120000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        char *block, *behind;
        neighbours(size, &block, &behind);
        fill(block, size, 1);
        fill(behind, size, 2);
        char *shrunk = realloc(block, size / 3);
        CHECK_AT(shrunk == block, size);
        CHECK_AT(malloc_usable_size(shrunk) < size / 2, size);
        CHECK_AT(holds(shrunk, size / 3, 1), size);
        // Requests that fit the rest exactly, or nearly, find it.
        char *reused[64];
        int count = 0;
        bool found = false;
        while (count < 64 && !found) {
            char *candidate = malloc(size - size / 3 - 512);
            CHECK(candidate != NULL);
            found = candidate > block && candidate < behind;
            memset(candidate, 0xee, size - size / 3 - 512);
            reused[count++] = candidate;
        }
        CHECK_AT(found, size);
        CHECK_AT(holds(shrunk, size / 3, 1), size);
        CHECK_AT(holds(behind, size, 2), size);
        while (count > 0)
            free(reused[--count]);
        free(shrunk);
        free(behind);
    }
    return 0;
}
