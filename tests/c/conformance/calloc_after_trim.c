// A block that reached into the last page of its region is written to, freed and trimmed; calloc gives
// zeros from the same place.
// shows: functions: calloc, zeros from memory that was given back
#include "check.h"
#include <malloc.h>

enum { SIZE = UNCACHED };

int main(void)
{
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1);
    CHECK(mallopt(M_TOP_PAD, 0) == 1);
    int hits = 0;
    for (int i = 0; i < 400; i++) {
        char *block = malloc(SIZE);
        CHECK(block != NULL);
        size_t usable = malloc_usable_size(block);
        memset(block, 0xaa, usable);
        long room = (char *)sbrk(0) - (block + usable);
        if (room < 0 || room > 3900)
            continue;
        hits++;
        free(block);
        malloc_trim(0);
        char *zeros = calloc(1, SIZE);
        CHECK(zeros != NULL);
        CHECK_AT(is_zero(zeros, SIZE), room);
    }
    CHECK(hits > 0);
    return 0;
}
