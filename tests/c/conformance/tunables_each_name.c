// shows: tunables: glibc.malloc.mmap_threshold
// shows: tunables: glibc.malloc.mmap_max
// shows: tunables: glibc.malloc.top_pad
// shows: tunables: glibc.malloc.trim_threshold
// shows: tunables: glibc.malloc.perturb
// shows: tunables: glibc.malloc.arena_max
// shows: tunables: the last of two equal names counts
// shows: tunables: GLIBC_TUNABLES wins over the variable of its own
// Each tunable has its effect and no other; several are separated by colons; names of other parts of the
// C library and unknown ones do nothing; GLIBC_TUNABLES wins over MALLOC_*, wherever it stands.
// seconds: 60
#include "../settings.h"

#define TUNABLES "GLIBC_TUNABLES="

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { TUNABLES "glibc.malloc.mmap_threshold=98304" }, { DEFAULTS, .mmap_threshold = 96 * KIB, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.mmap_threshold=131072" }, { DEFAULTS, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.mmap_max=3" }, { DEFAULTS, .mapped_of_5 = 3, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.mmap_max=65536" }, { DEFAULTS, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.top_pad=0x100000" }, { DEFAULTS, .top_pad = MIB, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.top_pad=131072" }, { DEFAULTS, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.trim_threshold=010000000" }, { DEFAULTS, .trim_at = 2 * MIB, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.trim_threshold=131072" }, { DEFAULTS, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.perturb=90" }, { DEFAULTS, .perturb = 90 } },
        { { TUNABLES "glibc.malloc.arena_max=3" }, { DEFAULTS, .arenas = 3 } },
        { { TUNABLES "glibc.malloc.perturb=1:glibc.malloc.arena_max=2:glibc.malloc.mmap_max=4" },
          { DEFAULTS, .perturb = 1, .arenas = 2, .mapped_of_5 = 4, .is_dynamic = false } },
        { { TUNABLES "glibc.malloc.arena_max=1:glibc.malloc.perturb=9:glibc.malloc.arena_max=4" },
          { DEFAULTS, .perturb = 9, .arenas = 4 } },
        { { TUNABLES "glibc.rtld.optional_static_tls=512:glibc.malloc.arena_max=2:glibc.nowhere.top_pad=5" },
          { DEFAULTS, .arenas = 2 } },
        // Names that are none.
        { { TUNABLES "glibc.malloc.arena_maximum=1:malloc.perturb=5:glibc.malloc.MMAP_MAX=0" }, { DEFAULTS } },
        // Before and behind the variables that it wins over.
        { { TUNABLES "glibc.malloc.arena_max=3", "MALLOC_ARENA_MAX=1", "MALLOC_PERTURB_=8" }, { DEFAULTS, .arenas = 3, .perturb = 8 } },
        { { "MALLOC_ARENA_MAX=1", "MALLOC_PERTURB_=8", TUNABLES "glibc.malloc.arena_max=3" }, { DEFAULTS, .arenas = 3, .perturb = 8 } },
        // Out of range: ignored, the rest counts.
        { { TUNABLES "glibc.malloc.perturb=256:glibc.malloc.arena_max=3" }, { DEFAULTS, .arenas = 3 } },
        { { TUNABLES "glibc.malloc.arena_max=0:glibc.malloc.perturb=3" }, { DEFAULTS, .perturb = 3 } },
        { { TUNABLES "glibc.malloc.mmap_max=2147483648:glibc.malloc.perturb=3" }, { DEFAULTS, .perturb = 3 } },
        { { TUNABLES }, { DEFAULTS } },
        // An empty number is 0.
        { { TUNABLES "glibc.malloc.top_pad=:glibc.malloc.perturb=3" }, { DEFAULTS, .perturb = 3, .top_pad = 0, .is_dynamic = false } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
