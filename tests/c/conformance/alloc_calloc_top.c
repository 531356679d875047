// calloc does not clear memory of the heap that was never used: the free end of the heap, fresh from the
// break, costs no page faults.
// shows: functions: calloc of fresh heap memory does not touch it
#include "check.h"

int main(void)
{
    keep_all_in_heap();
    free(calloc(1, 100));
    long before = minor_faults();
    char *block = calloc(1, 64 * MIB);
    CHECK(block != NULL && is_below_break(block));
    CHECK_AT(minor_faults() - before < 300, (size_t)(minor_faults() - before));
    CHECK(block[0] == 0 && block[30 * MIB] == 0 && block[64 * MIB - 1] == 0);
    free(block);
    return 0;
}
