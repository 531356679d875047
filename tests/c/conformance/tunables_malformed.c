// shows: tunables: a malformed list is ignored as a whole
// shows: tunables: a value that is not wholly a number is ignored
// An entry with two equals signs, or a last one without any, makes the whole list void, as in glibc since
// 2.39; an entry without any that is not the last is skipped, and so is one whose value is no number. Of
// equal names the last counts, also if its value is bad.
// glibc: no
// seconds: 60
#include "../settings.h"

#define TUNABLES "GLIBC_TUNABLES="

int main(int argc, char **argv)
{
    static const struct setting_case cases[] = {
        { { TUNABLES "glibc.malloc.arena_max=2:glibc.malloc.perturb=5=6" }, { DEFAULTS } },
        { { TUNABLES "glibc.malloc.arena_max=2:glibc.malloc.perturb" }, { DEFAULTS } },
        { { TUNABLES "glibc.malloc.arena_max=2:" }, { DEFAULTS } },
        { { TUNABLES "x" }, { DEFAULTS } },
        { { TUNABLES ":" }, { DEFAULTS } },
        // Not the last one.
        { { TUNABLES "glibc.malloc.perturb:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES ":glibc.malloc.arena_max=2::glibc.malloc.perturb=5" }, { DEFAULTS, .arenas = 2, .perturb = 5 } },
        { { TUNABLES "=:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.perturb=glibc.malloc.perturb=5:glibc.malloc.arena_max=2" }, { DEFAULTS } },
        // The variable of its own then counts.
        { { TUNABLES "glibc.malloc.arena_max=2:x", "MALLOC_ARENA_MAX=3" }, { DEFAULTS, .arenas = 3 } },
        { { TUNABLES "glibc.malloc.perturb=12abc:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.perturb=:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.top_pad=1m:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        { { TUNABLES "glibc.malloc.perturb=0x:glibc.malloc.arena_max=2" }, { DEFAULTS, .arenas = 2 } },
        // A bad value of the list leaves what the variable says.
        { { TUNABLES "glibc.malloc.arena_max=0", "MALLOC_ARENA_MAX=3" }, { DEFAULTS, .arenas = 3 } },
        { { TUNABLES "glibc.malloc.arena_max=3:glibc.malloc.arena_max=x" }, { DEFAULTS } },
        // Several lists, one after the other.
        { { TUNABLES "glibc.malloc.arena_max=2", TUNABLES "glibc.malloc.arena_max=3" }, { DEFAULTS, .arenas = 3 } },
        { { TUNABLES "glibc.malloc.arena_max=2", TUNABLES "glibc.malloc.perturb=3" }, { DEFAULTS, .arenas = 2, .perturb = 3 } },
        { { TUNABLES "glibc.malloc.arena_max=2", TUNABLES "glibc.malloc.perturb=3=4" }, { DEFAULTS, .arenas = 2 } },
    };
    return check_cases(argc, argv, cases, sizeof cases / sizeof *cases);
}
