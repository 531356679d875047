// shows: environment: setenv in the program itself changes nothing
// The environment counts as it was at the start: setenv has no effect on the process itself, and full
// effect on a program that it starts.
// seconds: 60
#include "../settings.h"

int main(int argc, char **argv)
{
    if (strcmp(role_of(argc, argv), "observe") == 0) {
        struct observed seen = observe();
        return write(1, &seen, sizeof seen) == sizeof seen ? 0 : 1;
    }
    CHECK(setenv("MALLOC_PERTURB_", "90", 1) == 0);
    CHECK(setenv("MALLOC_ARENA_MAX", "2", 1) == 0);
    CHECK(setenv("MALLOC_TOP_PAD_", "1048576", 1) == 0);
    CHECK(setenv("GLIBC_TUNABLES", "glibc.malloc.mmap_max=3", 1) == 0);
    CHECK(setenv("ARENITE_OPTIONS", "perturb=5:mmap_max=1", 1) == 0);
    struct observed here = observe(), unset = { DEFAULTS };
    check_observed("this process", &here, &unset);
    struct setting_case started = { { "ARENITE_OPTIONS", NULL },
        { DEFAULTS, .perturb = 90, .arenas = 2, .top_pad = MIB, .mapped_of_5 = 3, .is_dynamic = false } };
    check_case(&started, NULL);
    // And what this process removes from its environment stays set.
    CHECK(unsetenv("MALLOC_PERTURB_") == 0);
    here = observe();
    check_observed("this process", &here, &unset);
    return 0;
}
