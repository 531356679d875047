// On a full disk malloc and realloc fail with ENOMEM, and what they gave before can be written to its last byte:
// there is no SIGBUS. What is freed, and what a shrinking block gives up, is free on the disk again.
// shows: extensions: ARENITE_OPTIONS file_dir, full disk
// cases: blocks regions
// glibc: no
#include "../files.h"

static void check_blocks(void)
{
    size_t all = free_on_disk();
    CHECK_AT(all <= 8 * MIB, all);
    char *first = malloc(5 * MIB);
    CHECK(first != NULL && lies_in_file(first));
    CHECK_AT(free_on_disk() <= all - 5 * MIB, free_on_disk());
    for (int i = 0; i < 3; i++) {
        CHECK_FAILS_WITH(malloc(4 * MIB), ENOMEM);
        CHECK_FAILS_WITH(calloc(1, 4 * MIB), ENOMEM);
        CHECK_FAILS_WITH(aligned_alloc(8192, 4 * MIB), ENOMEM);
    }
    fill(first, 5 * MIB, 1);
    CHECK_FAILS_WITH(realloc(first, 6 * MIB), ENOMEM);
    CHECK(holds(first, 5 * MIB, 1));
    // Memory that needs no file is there.
    char *small = malloc(50000);
    CHECK(small != NULL);
    memset(small, 1, 50000);
    // A block that shrinks gives the rest to others; then both are there to the last byte.
    CHECK(realloc(first, MIB) == first);
    CHECK_AT(free_on_disk() >= all - MIB - 8 * KIB, free_on_disk());
    char *second = malloc(6 * MIB);
    CHECK(second != NULL && is_zero(second, 6 * MIB));
    fill(second, 6 * MIB, 2);
    CHECK(holds(first, MIB, 1) && holds(second, 6 * MIB, 2));
    // Growing in steps, with as much room as there is on the disk.
    free(second);
    size_t size = MIB;
    char *larger;
    while ((larger = realloc(first, size + 100000)) != NULL) {
        first = larger;
        memset(first + size, 1, 100000);
        size += 100000;
    }
    CHECK_AT(errno == ENOMEM && size > 3 * MIB, size);
    CHECK(holds(first, MIB, 1));
    free(first);
    CHECK_AT(free_on_disk() == all, free_on_disk());
}

static void check_regions(void)
{
    // What the first call of the process took before.
    free(malloc(100));
    enum { MOST = 100000 };
    static char *blocks[MOST];
    size_t count = 0;
    while (count < MOST && (blocks[count] = malloc(1000)) != NULL) {
        CHECK(lies_in_file(blocks[count]) || count < 1000);
        memset(blocks[count++], 1, 1000);
    }
    CHECK_AT(errno == ENOMEM && count > 4000 && count < MOST, count);
    for (size_t i = 0; i < count; i++)
        CHECK(blocks[i][0] == 1 && blocks[i][999] == 1);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    CHECK(malloc_trim(0) == 1);
    CHECK_AT(free_on_disk() >= 4 * MIB, free_on_disk());
}

int main(int argc, char **argv)
{
    if (strcmp(role_of(argc, argv), "again-blocks") == 0) {
        check_blocks();
        return 0;
    }
    if (strcmp(role_of(argc, argv), "again-regions") == 0) {
        check_regions();
        return 0;
    }
    bool is_blocks = strcmp(role_of(argc, argv), "blocks") == 0;
    struct child child;
    if (!run_on_small_disk(is_blocks ? "again-blocks" : "again-regions", "8m",
                           is_blocks ? "" : ":file_regions=1:file_fork=copy", &child))
        return 0;
    printf("%s%s", child.output, child.errors);
    CHECK_AT(child.status == 0 && child.errors[0] == '\0', child.status);
    return 0;
}
