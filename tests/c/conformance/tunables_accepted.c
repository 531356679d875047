// shows: tunables: glibc.malloc.tcache_unsorted_limit and mxfast are accepted
// shows: tunables: glibc.malloc.check
// Tunables without an effect of their own are taken in silence; none of them changes another setting.
// seconds: 60
#include "../settings.h"

#define TUNABLES "GLIBC_TUNABLES="

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { TUNABLES "glibc.malloc.tcache_unsorted_limit=3:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.mxfast=64:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.mxfast=100000:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.check=0:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.check=3:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.check=4:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.tcache_count=0:glibc.malloc.tcache_max=0:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.hugetlb=0:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { "MALLOC_CHECK_=3", "MALLOC_ARENA_MAX=2" }, { DEFAULTS, .arenas = 2 } },
        { { "MALLOC_CHECK_=0" }, { DEFAULTS } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
