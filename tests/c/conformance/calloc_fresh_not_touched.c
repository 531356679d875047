// calloc does not clear memory that is fresh from the system: a large block costs no page faults.
// shows: functions: calloc, fresh mappings are not touched
#include "check.h"

int main(void)
{
    char *warm = calloc(1, 8 * MIB);
    CHECK(warm != NULL);
    long before = minor_faults();
    char *block = calloc(1, 256 * MIB);
    CHECK(block != NULL);
    CHECK(minor_faults() - before < 300);
    CHECK(block[0] == 0 && block[100 * MIB] == 0 && block[256 * MIB - 1] == 0);
    free(block);
    free(warm);
    return 0;
}
