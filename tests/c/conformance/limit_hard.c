// hard_limit: the allocator never has more of the system than that; what does not fit is NULL and ENOMEM, whatever
// its size and however it was asked for. Calls fail one by one and not for good, contents stay, and what was freed can
// be allocated again, by blocks of any other size, too.
// shows: extensions: ARENITE_OPTIONS hard_limit
// cases: small medium large mapped any
// env: ARENITE_OPTIONS=hard_limit=48m
// glibc: no
// seconds: 60
#include "extensions.h"

#define LIMIT (48 * MIB)
enum { COUNT = 1100000 };
static char *blocks[COUNT];

static void check_total(void)
{
    struct arenite_stats stats = read_stats();
    size_t total = stats.system_bytes + stats.mapped_bytes + stats.metadata_bytes;
    CHECK_AT(total <= LIMIT, total);
}

static unsigned allocate_until_null(size_t size)
{
    for (unsigned count = 0; count < COUNT; count++) {
        errno = 0;
        blocks[count] = malloc(size);
        if (blocks[count] == NULL) {
            CHECK(errno == ENOMEM);
            return count;
        }
        fill_sparsely(blocks[count], size, count);
    }
    check_failed(__FILE__, __LINE__, "the limit was not met");
}

static void use_all(size_t size, size_t least)
{
    unsigned count = allocate_until_null(size);
    check_total();
    // Of the rest, caches, the ends of slabs and the allocator's own structures are a part, and what no block fits into.
    CHECK_AT(count * size + size > least && count * size < LIMIT, count * size);
    CHECK_FAILS_WITH(calloc(1, 20 * MIB), ENOMEM);
    CHECK_FAILS_WITH(memalign(4096, 20 * MIB), ENOMEM);
    CHECK_FAILS_WITH(realloc(blocks[0], 30 * MIB), ENOMEM);
    CHECK_FAILS_WITH(malloc(LIMIT), ENOMEM);
    CHECK_FAILS_WITH(malloc((size_t)1 << 46), ENOMEM);
    void *block = blocks;
    CHECK(posix_memalign(&block, 64, 20 * MIB) == ENOMEM && block == blocks);
    // One out, one in.
    for (unsigned i = 0; i < 20 && i < count; i++) {
        CHECK(holds_sparsely(blocks[i], size, i));
        free(blocks[i]);
        blocks[i] = malloc(size);
        CHECK_AT(blocks[i] != NULL, size);
        fill_sparsely(blocks[i], size, i);
    }
    for (unsigned i = 0; i < count; i++) {
        CHECK(holds_sparsely(blocks[i], size, i));
        free(blocks[i]);
    }
    CHECK(arenite_verify() == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    char text[64 * KIB];
    CHECK(arenite_stats_json(text, sizeof text) > 0 && strstr(text, "\"hard_limit\":50331648") != NULL);
    static const struct {
        const char *name;
        size_t sizes[3];
    } cases[] = {
        { "small", { 48, 100, 1000 } },
        { "medium", { 3000, 12000, 50 * KIB } },
        { "large", { 70 * KIB, 100 * KIB, 120 * KIB } },
        { "mapped", { 200 * KIB, 3 * MIB, 10 * MIB } },
    };
    bool is_any = strcmp(argv[1], "any") == 0;
    // Of other sizes, regions remain that are too small for a few large blocks.
    size_t least = is_any ? 24 * MIB : 40 * MIB;
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            for (size_t j = 0; j < 3; j++)
                // In another order in the second round.
                if (is_any || strcmp(argv[1], cases[i].name) == 0)
                    use_all(cases[is_any && round == 1 ? 3 - i : i].sizes[(j + round) % 3], least);
    return 0;
}
