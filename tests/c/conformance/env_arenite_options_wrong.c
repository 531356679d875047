// shows: extensions: ARENITE_OPTIONS says once on stderr what it does not know
// An unknown key and a bad value are said in one line each on stderr; the other keys count.
// glibc: no
// seconds: 60
#include "../settings.h"

#define OPTIONS "ARENITE_OPTIONS="
#define UNKNOWN(key) "arenite: ARENITE_OPTIONS: unknown key \"" key "\"\n"
#define BAD(key) "arenite: ARENITE_OPTIONS: bad value of \"" key "\"\n"

struct wrong_case {
    struct setting_case one;
    const char *errors;
};

int main(int argc, char **argv)
{
    if (strcmp(role_of(argc, argv), "observe") == 0)
        return check_cases(argc, argv, NULL, 0);
    static const struct wrong_case cases[] = {
        { { { OPTIONS "xyz=1" }, { DEFAULTS } }, UNKNOWN("xyz") },
        { { { OPTIONS "xyz=1:arena_max=2" }, { DEFAULTS, .arenas = 2 } }, UNKNOWN("xyz") },
        { { { OPTIONS "arena_max=2:glibc.malloc.perturb=5" }, { DEFAULTS, .arenas = 2 } }, UNKNOWN("glibc.malloc.perturb") },
        { { { OPTIONS "ARENA_MAX=2" }, { DEFAULTS } }, UNKNOWN("ARENA_MAX") },
        { { { OPTIONS "arena_maximum=2" }, { DEFAULTS } }, UNKNOWN("arena_maximum") },
        { { { OPTIONS "xyz=1:abc=2:arena_max=2" }, { DEFAULTS, .arenas = 2 } }, UNKNOWN("xyz") UNKNOWN("abc") },
        { { { OPTIONS "top_pad=x:arena_max=2" }, { DEFAULTS, .arenas = 2 } }, BAD("top_pad") },
        { { { OPTIONS "arena_max=2:top_pad=1mb" }, { DEFAULTS, .arenas = 2 } }, BAD("top_pad") },
        { { { OPTIONS "top_pad=1t" }, { DEFAULTS } }, BAD("top_pad") },
        { { { OPTIONS "top_pad=99999999999g" }, { DEFAULTS } }, BAD("top_pad") },
        { { { OPTIONS "perturb=256:arena_max=2" }, { DEFAULTS, .arenas = 2 } }, BAD("perturb") },
        { { { OPTIONS "arena_max=0" }, { DEFAULTS } }, BAD("arena_max") },
        { { { OPTIONS "perturb=1:perturb=:arena_max=2" }, { DEFAULTS, .perturb = 1, .arenas = 2 } }, BAD("perturb") },
        { { { OPTIONS "check=4" }, { DEFAULTS } }, BAD("check") },
        { { { OPTIONS "tcache_count=65536" }, { DEFAULTS } }, BAD("tcache_count") },
        { { { OPTIONS "xyz=1:perturb=q" }, { DEFAULTS } }, UNKNOWN("xyz") BAD("perturb") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(&cases[i].one, cases[i].errors);
    return 0;
}
