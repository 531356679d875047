// shows: extensions: ARENITE_OPTIONS sets every parameter
// shows: extensions: ARENITE_OPTIONS wins over GLIBC_TUNABLES and MALLOC_*
// ARENITE_OPTIONS=key=value:key=value: every key has its effect and no other; numbers are as in C, with an
// optional suffix k, m or g; it wins over GLIBC_TUNABLES and the variables. Nothing is printed.
// glibc: no
// seconds: 60
#include "../settings.h"

#define OPTIONS "ARENITE_OPTIONS="

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { OPTIONS }, { DEFAULTS } },
        { { OPTIONS "mmap_threshold=96k" }, { DEFAULTS, .mmap_threshold = 96 * KIB, .is_dynamic = false } },
        { { OPTIONS "mmap_threshold=0x60K" }, { DEFAULTS, .is_dynamic = false, .mmap_threshold = 96 * KIB } },
        { { OPTIONS "mmap_threshold=1M" }, { DEFAULTS, .is_dynamic = false, .mmap_threshold = MIB } },
        { { OPTIONS "mmap_threshold=1g" }, { DEFAULTS, .mmap_threshold = NEVER, .mapped_of_5 = 0 } },
        { { OPTIONS "mmap_max=3" }, { DEFAULTS, .mapped_of_5 = 3, .is_dynamic = false } },
        { { OPTIONS "mmap_max=65536" }, { DEFAULTS, .is_dynamic = false } },
        { { OPTIONS "top_pad=1m" }, { DEFAULTS, .top_pad = MIB, .is_dynamic = false } },
        { { OPTIONS "top_pad=0" }, { DEFAULTS, .top_pad = 0, .is_dynamic = false } },
        { { OPTIONS "top_pad=128k" }, { DEFAULTS, .is_dynamic = false } },
        { { OPTIONS "trim_threshold=02000k" }, { DEFAULTS, .trim_at = MIB, .is_dynamic = false } },
        { { OPTIONS "trim_threshold=2M" }, { DEFAULTS, .trim_at = 2 * MIB, .is_dynamic = false } },
        { { OPTIONS "trim_threshold=1G" }, { DEFAULTS, .trim_at = NEVER, .is_dynamic = false } },
        { { OPTIONS "trim_threshold=128k" }, { DEFAULTS, .is_dynamic = false } },
        { { OPTIONS "perturb=90" }, { DEFAULTS, .perturb = 90 } },
        { { OPTIONS "perturb=0x5a" }, { DEFAULTS, .perturb = 0x5a } },
        { { OPTIONS "arena_max=3" }, { DEFAULTS, .arenas = 3 } },
        { { OPTIONS "arena_test=2:arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { OPTIONS "arena_max=2:perturb=7:mmap_max=4" }, { DEFAULTS, .arenas = 2, .perturb = 7, .mapped_of_5 = 4, .is_dynamic = false } },
        { { OPTIONS "arena_max=2:arena_max=4" }, { DEFAULTS, .arenas = 4 } },
        // Wherever the others stand.
        { { OPTIONS "arena_max=3", "GLIBC_TUNABLES=glibc.malloc.arena_max=2:glibc.malloc.perturb=6", "MALLOC_ARENA_MAX=1" },
          { DEFAULTS, .arenas = 3, .perturb = 6 } },
        { { "MALLOC_ARENA_MAX=1", "MALLOC_PERTURB_=9", "GLIBC_TUNABLES=glibc.malloc.arena_max=2", OPTIONS "arena_max=3" },
          { DEFAULTS, .arenas = 3, .perturb = 9 } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
