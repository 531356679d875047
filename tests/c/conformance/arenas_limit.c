// shows: arenas: M_ARENA_MAX limits their number
// shows: mallopt: M_ARENA_MAX
// shows: mallopt: M_ARENA_TEST
// shows: environment: MALLOC_ARENA_TEST
// shows: tunables: glibc.malloc.arena_test
// shows: extensions: ARENITE_OPTIONS arena_test
// Threads get an arena each up to M_ARENA_MAX, and share beyond it. Without that there is no limit up to
// M_ARENA_TEST arenas; then it is eight for each processor. glibc asks for the limit once and ignores what
// mallopt is told later; Arenite goes by the last M_ARENA_MAX. Arenas that exist stay in any case.
// seconds: 120
#include "../settings.h"
#include <sched.h>
#include <sys/sysinfo.h>

static bool is_limit_for(size_t arenas, size_t processors, size_t test)
{
    return arenas == (8 * processors > test ? 8 * processors : test + 1);
}

// Whether this is eight arenas for each processor, but at least one more than the test value: with the
// processors of the machine, or (glibc 2.35 to 2.38) those that the process may use.
static bool is_default_limit(size_t arenas, size_t test)
{
    cpu_set_t usable;
    CPU_ZERO(&usable);
    CHECK(sched_getaffinity(0, sizeof usable, &usable) == 0);
    return is_limit_for(arenas, (size_t)CPU_COUNT(&usable), test) || is_limit_for(arenas, (size_t)get_nprocs(), test);
}

static unsigned more_than_the_limit(void) { return 8 * (unsigned)get_nprocs_conf() + 10; }

static void limited(void *argument)
{
    int most = *(int *)argument;
    CHECK(mallopt(M_ARENA_MAX, most) == 1);
    for (unsigned threads = 0; threads < 12; threads += 5) {
        size_t expected = threads + 1 < (unsigned)most ? threads + 1 : (unsigned)most;
        CHECK_AT(arenas_with_threads(threads) == expected, threads);
    }
}

static void default_limit(void *unused)
{
    (void)unused;
    CHECK(is_default_limit(arenas_with_threads(more_than_the_limit()), 8));
}

static void low_test(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_ARENA_TEST, 1) == 1);
    CHECK(is_default_limit(arenas_with_threads(more_than_the_limit()), 1));
}

// No limit up to the test value, and then the limit is below what there is.
static void high_test(void *unused)
{
    (void)unused;
    unsigned test = more_than_the_limit() - 5;
    CHECK(mallopt(M_ARENA_TEST, (int)test) == 1);
    CHECK_AT(arenas_with_threads(test + 5) == test + 1, test);
}

static void later_maximum(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_ARENA_MAX, 2) == 1);
    CHECK(arenas_with_threads(5) == 2);
    CHECK(mallopt(M_ARENA_MAX, 4) == 1);
    CHECK(arenas_with_threads(5) == (on_arenite() ? 4 : 2));
}

// It can be set after threads have started.
static void maximum_below_the_present_number(void *unused)
{
    (void)unused;
    CHECK(arenas_with_threads(4) == 5);
    CHECK(mallopt(M_ARENA_MAX, 3) == 1);
    CHECK(arenas_with_threads(12) == 5);
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (strcmp(role, "high test") == 0) {
        unsigned test = more_than_the_limit() - 5;
        CHECK_AT(arenas_with_threads(test + 5) == test + 1, test);
        return 0;
    }
    if (strcmp(role, "default") == 0) {
        default_limit(NULL);
        return 0;
    }
    static int limits[] = { 1, 2, 5, 9, 100 };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        in_child(limited, &limits[i]);
    in_child(default_limit, NULL);
    in_child(low_test, NULL);
    in_child(high_test, NULL);
    in_child(later_maximum, NULL);
    in_child(maximum_below_the_present_number, NULL);
    char variable[64], tunable[64];
    snprintf(variable, sizeof variable, "MALLOC_ARENA_TEST=%u", more_than_the_limit() - 5);
    snprintf(tunable, sizeof tunable, "GLIBC_TUNABLES=glibc.malloc.arena_test=%u", more_than_the_limit() - 5);
    const char *const by_variable[] = { variable, NULL }, *const by_tunable[] = { tunable, NULL };
    CHECK(run_self("high test", by_variable).status == 0);
    CHECK(run_self("high test", by_tunable).status == 0);
    char option[64];
    snprintf(option, sizeof option, "ARENITE_OPTIONS=arena_test=%u", more_than_the_limit() - 5);
    const char *const by_option[] = { option, NULL };
    if (on_arenite())
        CHECK(run_self("high test", by_option).status == 0);
    const char *const out_of_range[] = { "MALLOC_ARENA_TEST=0", NULL };
    CHECK(run_self("default", out_of_range).status == 0);
    return 0;
}
