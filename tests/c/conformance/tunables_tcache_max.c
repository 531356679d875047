// shows: tunables: glibc.malloc.tcache_max limits the sizes that a thread keeps
// shows: extensions: ARENITE_OPTIONS tcache_max
// A thread keeps freed blocks of up to tcache_max bytes for itself; larger ones count as free at once. With 0
// hardly anything is kept. (The smallest size of all may be kept by glibc in any case.)
// seconds: 60
#include "../cached.h"

static void check_limit(size_t most)
{
    for (size_t i = 0; i < CACHED_SIZES; i++) {
        size_t kept = kept_blocks(cached_sizes[i], 300);
        CHECK_AT((kept > 0) == (cached_sizes[i] <= most), cached_sizes[i]);
    }
    if (most < 3000)
        CHECK(kept_blocks(3000, 100) == 0);
    if (most < 20000)
        CHECK(kept_blocks(20000, 50) == 0);
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (*role != '\0') {
        check_limit((size_t)atoi(role));
        return 0;
    }
    static const char *const limits[] = { "0", "100", "200", "500", "1030" };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char tunable[100], option[100];
        snprintf(tunable, sizeof tunable, "GLIBC_TUNABLES=glibc.malloc.tcache_max=%s", limits[i]);
        snprintf(option, sizeof option, "ARENITE_OPTIONS=tcache_max=%s", limits[i]);
        const char *const by_tunable[] = { tunable, NULL };
        struct child child = run_self(limits[i], by_tunable);
        if (child.status != 0 || !is_silent(child.errors))
            check_failed(__FILE__, __LINE__, "%s: %s", tunable, child.errors);
        const char *const by_option[] = { option, NULL };
        child = (struct child){ 0 };
        if (on_arenite())
            child = run_self(limits[i], by_option);
        if (child.status != 0 || child.errors[0] != '\0')
            check_failed(__FILE__, __LINE__, "%s: %s", option, child.errors);
    }
    return 0;
}
