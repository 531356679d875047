// shows: environment: the last of two equal names counts
// A variable that occurs twice: the last one counts, as in glibc since 2.39 (the first one before).
// glibc: no
// seconds: 60
#include "../settings.h"

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { "MALLOC_ARENA_MAX=1", "MALLOC_ARENA_MAX=3" }, { DEFAULTS, .arenas = 3 } },
        { { "MALLOC_PERTURB_=17", "MALLOC_ARENA_MAX=2", "MALLOC_PERTURB_=34" }, { DEFAULTS, .perturb = 34, .arenas = 2 } },
        // The last one counts, also if its value is bad.
        { { "MALLOC_ARENA_MAX=3", "MALLOC_ARENA_MAX=x" }, { DEFAULTS } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
