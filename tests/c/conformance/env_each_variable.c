// shows: environment: MALLOC_MMAP_THRESHOLD_ sets the size from which blocks are mapped
// shows: environment: MALLOC_MMAP_MAX_ limits the number of mapped blocks
// shows: environment: MALLOC_TOP_PAD_ sets how far the break moves
// shows: environment: MALLOC_TRIM_THRESHOLD_ sets when the break falls
// shows: environment: MALLOC_PERTURB_ fills fresh blocks
// shows: environment: MALLOC_ARENA_MAX limits the arenas
// Each variable has its effect and no other but that the four thresholds end the dynamics, also when it
// sets the default; numbers are read as strtoul does with base 0. (Where nothing is mapped at all, a
// block below the threshold looks as if the threshold was dynamic.)
// seconds: 60
#include "../settings.h"

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { NULL }, { DEFAULTS } },
        { { "MALLOC_MMAP_THRESHOLD_=98304" }, { DEFAULTS, .mmap_threshold = 96 * KIB, .is_dynamic = false } },
        { { "MALLOC_MMAP_THRESHOLD_=0x100000" }, { DEFAULTS, .mmap_threshold = MIB, .is_dynamic = false } },
        { { "MALLOC_MMAP_THRESHOLD_=131072" }, { DEFAULTS, .is_dynamic = false } },
        { { "MALLOC_MMAP_MAX_=0" }, { DEFAULTS, .mmap_threshold = NEVER, .mapped_of_5 = 0, .is_dynamic = true } },
        { { "MALLOC_MMAP_MAX_=3" }, { DEFAULTS, .mapped_of_5 = 3, .is_dynamic = false } },
        { { "MALLOC_MMAP_MAX_=65536" }, { DEFAULTS, .is_dynamic = false } },
        { { "MALLOC_TOP_PAD_=0" }, { DEFAULTS, .top_pad = 0, .is_dynamic = false } },
        // An empty number is 0.
        { { "MALLOC_TOP_PAD_=" }, { DEFAULTS, .top_pad = 0, .is_dynamic = false } },
        { { "MALLOC_TOP_PAD_=04000000" }, { DEFAULTS, .top_pad = MIB, .is_dynamic = false } },
        { { "MALLOC_TOP_PAD_=131072" }, { DEFAULTS, .is_dynamic = false } },
        { { "MALLOC_TRIM_THRESHOLD_=2097152" }, { DEFAULTS, .trim_at = 2 * MIB, .is_dynamic = false } },
        { { "MALLOC_TRIM_THRESHOLD_=18446744073709551615" }, { DEFAULTS, .trim_at = NEVER, .is_dynamic = false } },
        { { "MALLOC_TRIM_THRESHOLD_=131072" }, { DEFAULTS, .is_dynamic = false } },
        { { "MALLOC_PERTURB_=90" }, { DEFAULTS, .perturb = 90 } },
        { { "MALLOC_PERTURB_=0xfe" }, { DEFAULTS, .perturb = 0xfe } },
        { { "MALLOC_ARENA_MAX=1" }, { DEFAULTS, .arenas = 1 } },
        { { "MALLOC_ARENA_MAX=3" }, { DEFAULTS, .arenas = 3 } },
        { { "MALLOC_ARENA_TEST=2", "MALLOC_ARENA_MAX=2" }, { DEFAULTS, .arenas = 2 } },
        { { "MALLOC_TOP_PAD_=1048576", "MALLOC_PERTURB_=7", "MALLOC_ARENA_MAX=2" },
          { DEFAULTS, .top_pad = MIB, .perturb = 7, .arenas = 2, .is_dynamic = false } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
