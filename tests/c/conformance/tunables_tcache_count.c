// shows: tunables: glibc.malloc.tcache_count limits what a thread keeps of each size
// shows: extensions: ARENITE_OPTIONS tcache_count
// Of the blocks of one size that a thread frees, it keeps at most tcache_count for itself, and none if that
// is 0: the others count as free at once. Values above 65535 are ignored.
// seconds: 60
#include "../cached.h"

static void check_limit(size_t most)
{
    for (size_t i = 0; i < CACHED_SIZES; i++) {
        size_t kept = kept_blocks(cached_sizes[i], 300);
        CHECK_AT(kept <= most, kept);
        CHECK_AT(most < 3 || kept > 0, cached_sizes[i]);
    }
    // Larger ones may not be kept at all.
    CHECK(kept_blocks(3000, 100) <= most);
    CHECK(kept_blocks(20000, 50) <= most);
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (*role != '\0') {
        check_limit((size_t)atoi(role));
        return 0;
    }
    static const char *const limits[] = { "0", "1", "3", "7", "20", "100" };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char tunable[100], option[100];
        snprintf(tunable, sizeof tunable, "GLIBC_TUNABLES=glibc.malloc.tcache_count=%s", limits[i]);
        snprintf(option, sizeof option, "ARENITE_OPTIONS=tcache_count=%s", limits[i]);
        const char *const by_tunable[] = { tunable, NULL };
        struct child child = run_self(limits[i], by_tunable);
        if (child.status != 0 || !is_silent(child.errors))
            check_failed(__FILE__, __LINE__, "%s: %s", tunable, child.errors);
        const char *const by_option[] = { option, "GLIBC_TUNABLES=glibc.malloc.tcache_count=200", NULL };
        child = (struct child){ 0 };
        if (on_arenite())
            child = run_self(limits[i], by_option);
        if (child.status != 0 || child.errors[0] != '\0')
            check_failed(__FILE__, __LINE__, "%s: %s", option, child.errors);
    }
    // Out of range: as without it, so something is kept, and no limit of this kind holds.
    const char *const out_of_range[] = { "GLIBC_TUNABLES=glibc.malloc.tcache_count=65536", NULL };
    struct child child = run_self("100000", out_of_range);
    if (child.status != 0)
        check_failed(__FILE__, __LINE__, "out of range: %s", child.errors);
    return 0;
}
