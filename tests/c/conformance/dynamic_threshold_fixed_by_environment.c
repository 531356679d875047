// MALLOC_MMAP_THRESHOLD_ sets the threshold for mappings and keeps it there.
// shows: environment: MALLOC_MMAP_THRESHOLD_
// shows: thresholds: any of the four parameters ends the dynamic threshold
// env: MALLOC_MMAP_THRESHOLD_=65536
#include "check.h"

int main(void)
{
    for (int i = 0; i < 3; i++) {
        char *mapped = malloc(MIB), *also = malloc(300 * KIB), *heap = malloc(40 * KIB);
        CHECK(mapped != NULL && also != NULL && heap != NULL);
        CHECK(!is_below_break(mapped) && !is_below_break(also) && is_below_break(heap));
        free(mapped);
        free(also);
        free(heap);
    }
    return 0;
}
