// shows: environment: MALLOC_CHECK_ turns thread caches off
// shows: extensions: ARENITE_OPTIONS check
// MALLOC_CHECK_ from 1 to 3, glibc.malloc.check and the option check: Arenite then keeps no freed blocks for
// threads, so that each free is checked; 0 and values out of range change nothing. (In glibc it has no
// effect since 2.34 unless libc_malloc_debug is preloaded.)
// glibc: no
// seconds: 60
#include "../cached.h"

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (*role != '\0') {
        bool keeps = strcmp(role, "keeps") == 0;
        for (size_t i = 0; i < CACHED_SIZES; i++)
            CHECK_AT((kept_blocks(cached_sizes[i], 300) > 0) == keeps, cached_sizes[i]);
        use_allocator(1);
        return 0;
    }
    static const struct {
        const char *variables[3], *role;
    } cases[] = {
        { { NULL }, "keeps" },
        { { "MALLOC_CHECK_=0" }, "keeps" },
        { { "MALLOC_CHECK_=1" }, "none" },
        { { "MALLOC_CHECK_=2" }, "none" },
        { { "MALLOC_CHECK_=3" }, "none" },
        { { "MALLOC_CHECK_=4" }, "keeps" },
        { { "MALLOC_CHECK_=-1" }, "keeps" },
        { { "MALLOC_CHECK=3" }, "keeps" },
        { { "GLIBC_TUNABLES=glibc.malloc.check=3" }, "none" },
        { { "GLIBC_TUNABLES=glibc.malloc.check=0" }, "keeps" },
        { { "GLIBC_TUNABLES=glibc.malloc.check=0", "MALLOC_CHECK_=3" }, "keeps" },
        { { "ARENITE_OPTIONS=check=1" }, "none" },
        { { "ARENITE_OPTIONS=check=0", "MALLOC_CHECK_=3" }, "keeps" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct child child = run_self(cases[i].role, cases[i].variables);
        if (child.status != 0 || !is_silent(child.errors))
            check_failed(__FILE__, __LINE__, "%s: %s", cases[i].variables[0], child.errors);
    }
    return 0;
}
