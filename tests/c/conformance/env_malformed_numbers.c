// shows: environment: a value that is not wholly a number is ignored
// A value must be a number as a whole, as in glibc since 2.39; older ones take what they can read.
// glibc: no
// seconds: 60
#include "../settings.h"

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { "MALLOC_PERTURB_=" }, { DEFAULTS } },
        { { "MALLOC_PERTURB_=12abc" }, { DEFAULTS } },
        { { "MALLOC_PERTURB_=0x" }, { DEFAULTS } },
        { { "MALLOC_TOP_PAD_=1m" }, { DEFAULTS } },
        { { "MALLOC_TRIM_THRESHOLD_=99999999999999999999999" }, { DEFAULTS } },
        { { "MALLOC_MMAP_MAX_=ten" }, { DEFAULTS } },
        { { "MALLOC_MMAP_THRESHOLD_=65536 " }, { DEFAULTS } },
        { { "MALLOC_ARENA_MAX=1,2" }, { DEFAULTS } },
        // One bad value does not touch the others.
        { { "MALLOC_ARENA_MAX=x", "MALLOC_TOP_PAD_=1048576" }, { DEFAULTS, .top_pad = MIB, .is_dynamic = false } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
