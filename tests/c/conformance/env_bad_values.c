// shows: environment: values out of range are ignored
// A value that is out of range leaves the default, and nothing is printed.
// seconds: 60
#include "../settings.h"

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { "MALLOC_PERTURB_=256" }, { DEFAULTS } },
        { { "MALLOC_PERTURB_=-1" }, { DEFAULTS } },
        { { "MALLOC_PERTURB_=4294967297" }, { DEFAULTS } },
        { { "MALLOC_ARENA_MAX=0" }, { DEFAULTS } },
        { { "MALLOC_ARENA_TEST=0" }, { DEFAULTS } },
        { { "MALLOC_MMAP_MAX_=2147483648" }, { DEFAULTS } },
        { { "MALLOC_CHECK_=4" }, { DEFAULTS } },
        // Names that are none: without the underscore at the end, or with one too many.
        { { "MALLOC_PERTURB=5", "MALLOC_TOP_PAD=0", "MALLOC_MMAP_MAX=0" }, { DEFAULTS } },
        { { "MALLOC_ARENA_MAX_=1", "MALLOC_MMAP_THRESHOLD=65536", "XMALLOC_ARENA_MAX=1" }, { DEFAULTS } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
