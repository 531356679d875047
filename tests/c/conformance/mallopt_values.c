// shows: mallopt: 1 for every parameter and value, errno untouched
// mallopt returns 1 for every parameter, known or not, and every value, also where the value is ignored
// because it is out of range (M_ARENA_TEST and M_ARENA_MAX of 0 and less); errno stays. (M_MXFAST above 160
// returns 0 in glibc up to 2.42.)
#include "../settings.h"
#include <limits.h>

static void check_all(void *unused)
{
    (void)unused;
    static const int parameters[] = { M_MXFAST, M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX,
        M_CHECK_ACTION, M_PERTURB, M_ARENA_TEST, M_ARENA_MAX,
        M_NLBLKS, M_GRAIN, M_KEEP, 0, 5, 100, -9, -100, INT_MAX, INT_MIN };
    static const int values[] = { 0, 1, -1, 2, 64, 160, 161, 4096, 65536, 33 * 1024 * 1024, INT_MAX, INT_MIN };
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            if (parameters[i] == M_MXFAST && !on_arenite() && (unsigned)values[k] > 160)
                continue;
            errno = 1234;
            CHECK_AT(mallopt(parameters[i], values[k]) == 1, i * 100 + k);
            CHECK_AT(errno == 1234, i * 100 + k);
        }
    }
    // Allocation goes on under whatever the last values were, but for pads that no system can give.
    CHECK(mallopt(M_TOP_PAD, 4096) == 1);
    use_allocator(1);
}

static void first_call_of_all(void *argument)
{
    CHECK(mallopt(*(int *)argument, 1) == 1);
    use_allocator(2);
}

static void ignored_values(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_ARENA_MAX, 0) == 1 && mallopt(M_ARENA_MAX, -1) == 1);
    CHECK(mallopt(M_ARENA_TEST, 0) == 1 && mallopt(M_ARENA_TEST, INT_MIN) == 1);
    CHECK(arenas_with_threads(5) == 6);
}

// The bytes above the lowest of M_PERTURB's value count for nothing.
static void wide_perturb(void *unused)
{
    (void)unused;
    CHECK(mallopt(M_PERTURB, 0x7fffff5a) == 1);
    unsigned char *block = malloc(3000);
    CHECK(block != NULL);
    for (size_t i = 0; i < 3000; i++)
        CHECK_AT(block[i] == (0x5a ^ 0xff), i);
}

int main(void)
{
    in_child(check_all, NULL);
    for (int parameter = -10; parameter < 6; parameter++)
        in_child(first_call_of_all, &parameter);
    in_child(ignored_values, NULL);
    in_child(wide_perturb, NULL);
    return 0;
}
