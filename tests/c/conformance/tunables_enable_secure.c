// shows: tunables: glibc.rtld.enable_secure=1 ends all settings of the environment
// With glibc.rtld.enable_secure=1 no other setting of the environment counts, as in glibc since 2.40 (which
// does not preload anything either then, so that the program may run on the C library's allocator).
// glibc: no
// seconds: 60
#include "../settings.h"

#define TUNABLES "GLIBC_TUNABLES="

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { TUNABLES "glibc.malloc.perturb=9:glibc.rtld.enable_secure=1:glibc.malloc.mmap_max=0", "ARENITE_EXPECTED" },
          { DEFAULTS } },
        { { TUNABLES "glibc.rtld.enable_secure=1", "MALLOC_ARENA_MAX=2", "MALLOC_TOP_PAD_=0", "ARENITE_EXPECTED" }, { DEFAULTS } },
        { { "MALLOC_PERTURB_=3", TUNABLES "glibc.rtld.enable_secure=1", "ARENITE_OPTIONS=arena_max=2", "ARENITE_EXPECTED" }, { DEFAULTS } },
        { { TUNABLES "glibc.rtld.enable_secure=0:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.rtld.enable_secure=2:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
