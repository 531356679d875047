// Setting one of M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_MAX by mallopt keeps the
// threshold for mappings where it is.
// shows: mallopt: M_MMAP_THRESHOLD ends the dynamic threshold
// shows: mallopt: M_TRIM_THRESHOLD ends the dynamic threshold
// shows: mallopt: M_TOP_PAD ends the dynamic threshold
// shows: mallopt: M_MMAP_MAX ends the dynamic threshold
// shows: thresholds: any of the four parameters ends the dynamic threshold
// shows: functions: mallopt
#include "check.h"
#include <sys/wait.h>

// With a parameter, none of the blocks may come from the break; without one (0), all but the first must.
static void check_fixed(int parameter, int value)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(parameter == 0 || mallopt(parameter, value) == 1);
        for (int i = 0; i < 3; i++) {
            char *block = malloc(MIB);
            CHECK(block != NULL);
            CHECK_AT(is_below_break(block) == (parameter == 0 && i > 0), (size_t)-parameter);
            block[0] = 1;
            free(block);
        }
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

int main(void)
{
    check_fixed(0, 0);
    check_fixed(M_MMAP_THRESHOLD, 128 * 1024);
    check_fixed(M_TRIM_THRESHOLD, 128 * 1024);
    check_fixed(M_TOP_PAD, 64 * 1024);
    check_fixed(M_MMAP_MAX, 1000);
    return 0;
}
