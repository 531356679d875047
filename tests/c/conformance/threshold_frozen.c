// shows: thresholds: any of the four parameters ends the dynamic threshold, wherever it is set
// Setting one of M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD and M_MMAP_MAX, be it to its default, by
// mallopt, a variable or GLIBC_TUNABLES, keeps the mmap threshold where it is, also if it has risen before.
// No other parameter does.
// seconds: 60
#include "../settings.h"

static bool is_dynamic(void)
{
    char *block = malloc(8 * MIB);
    CHECK(block != NULL && mapped_chunks() == 1);
    free(block);
    CHECK(mapped_chunks() == 0);
    return !is_mapped_request(7 * MIB);
}

struct parameter {
    int number, value;
};

static void check_frozen(void *argument)
{
    struct parameter *parameter = argument;
    CHECK(mallopt(parameter->number, parameter->value) == 1);
    CHECK_AT(!is_dynamic(), (size_t)-parameter->number);
}

static void check_not_frozen(void *argument)
{
    struct parameter *parameter = argument;
    CHECK(mallopt(parameter->number, parameter->value) == 1);
    CHECK_AT(is_dynamic(), (size_t)-parameter->number);
}

static void check_frozen_after_rise(void *argument)
{
    struct parameter *parameter = argument;
    free(opaque(malloc(2 * MIB)));
    CHECK(mallopt(parameter->number, parameter->value) == 1);
    CHECK_AT(!is_dynamic(), (size_t)-parameter->number);
    if (parameter->number != M_MMAP_THRESHOLD) {
        exhaust_top();
        CHECK(!is_mapped_request(MIB));
        CHECK(is_mapped_request(3 * MIB));
    }
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (strcmp(role, "frozen") == 0)
        return is_dynamic() ? 3 : 0;
    if (strcmp(role, "dynamic") == 0)
        return is_dynamic() ? 0 : 3;

    static struct parameter four[] = {
        { M_MMAP_THRESHOLD, 128 * 1024 }, { M_TRIM_THRESHOLD, 128 * 1024 }, { M_TOP_PAD, 128 * 1024 }, { M_MMAP_MAX, 65536 },
        { M_TRIM_THRESHOLD, -1 }, { M_TOP_PAD, 0 },
    };
    for (size_t i = 0; i < sizeof four / sizeof *four; i++) {
        in_child(check_frozen, &four[i]);
        in_child(check_frozen_after_rise, &four[i]);
    }
    static struct parameter others[] = {
        { M_MXFAST, 64 }, { M_CHECK_ACTION, 1 }, { M_PERTURB, 1 }, { M_ARENA_TEST, 4 }, { M_ARENA_MAX, 4 }, { 77, 1 },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        in_child(check_not_frozen, &others[i]);

    static const char *const freezing[] = {
        "MALLOC_MMAP_THRESHOLD_=131072", "MALLOC_TRIM_THRESHOLD_=131072", "MALLOC_TOP_PAD_=131072", "MALLOC_MMAP_MAX_=65536",
        "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072", "GLIBC_TUNABLES=glibc.malloc.trim_threshold=131072",
        "GLIBC_TUNABLES=glibc.malloc.top_pad=131072", "GLIBC_TUNABLES=glibc.malloc.mmap_max=65536",
    };
    for (size_t i = 0; i < sizeof freezing / sizeof *freezing; i++) {
        const char *variables[] = { freezing[i], NULL };
        struct child child = run_self("frozen", variables);
        CHECK_AT(child.status == 0, i);
    }
    static const char *const others_too[] = {
        "MALLOC_ARENA_MAX=4", "MALLOC_ARENA_TEST=4", "MALLOC_PERTURB_=1", "GLIBC_TUNABLES=glibc.malloc.arena_max=4",
        "GLIBC_TUNABLES=glibc.malloc.tcache_count=3", "GLIBC_TUNABLES=glibc.malloc.mxfast=0",
    };
    for (size_t i = 0; i < sizeof others_too / sizeof *others_too; i++) {
        const char *variables[] = { others_too[i], NULL };
        struct child child = run_self("dynamic", variables);
        CHECK_AT(child.status == 0, i);
    }
    return 0;
}
