// Each of the functions that report on the heap or give memory back works on the heap from which the
// program's blocks come, not on another.
// shows: functions: {case}
// cases: mallinfo2 mallinfo malloc_info malloc_stats malloc_trim
#include "check.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum { COUNT = 60, SIZE = 100000 };

static bool is(const char *name, const char *other) { return strcmp(name, other) == 0; }

// The number after the last `key` in a text, 0 if there is none.
static size_t last_number(const char *text, const char *key)
{
    const char *found = NULL;
    for (const char *next = text; (next = strstr(next, key)) != NULL; next++)
        found = next;
    return found == NULL ? 0 : strtoull(found + strlen(key), NULL, 10);
}

static size_t bytes_by_malloc_info(void)
{
    char text[64 * 1024] = "";
    FILE *stream = fmemopen(text, sizeof text - 1, "w");
    CHECK(stream != NULL && malloc_info(0, stream) == 0 && fclose(stream) == 0);
    return last_number(text, "<system type=\"current\" size=\"");
}

static size_t bytes_by_malloc_stats(void)
{
    char text[16 * 1024] = "";
    FILE *captured = tmpfile();
    int saved = dup(2);
    CHECK(captured != NULL && saved >= 0 && dup2(fileno(captured), 2) == 2);
    malloc_stats();
    CHECK(dup2(saved, 2) == 2);
    rewind(captured);
    CHECK(fread(text, 1, sizeof text - 1, captured) > 0);
    const char *total = strstr(text, "Total (incl. mmap):");
    CHECK(total != NULL);
    return last_number(total, "in use bytes     =");
}

static size_t bytes_by(const char *name)
{
    if (is(name, "mallinfo2"))
        return mallinfo2().uordblks;
    if (is(name, "mallinfo"))
        return (size_t)mallinfo().uordblks;
    return is(name, "malloc_info") ? bytes_by_malloc_info() : bytes_by_malloc_stats();
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    // Below the threshold for mappings.
    char *blocks[COUNT];
    long rss_before = rss_kb();
    size_t before = is(argv[1], "malloc_trim") ? 0 : bytes_by(argv[1]);
    for (int i = 0; i < COUNT; i++) {
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
        memset(blocks[i], 1, SIZE);
    }
    if (is(argv[1], "malloc_trim")) {
        // All but the last go; the memory in front of it can go back by malloc_trim alone in glibc.
        for (int i = 0; i < COUNT - 1; i++)
            free(blocks[i]);
        int released = malloc_trim(0);
        CHECK(released == 1 || (on_arenite() && released == 0));
        CHECK_AT(rss_kb() - rss_before < 2500, (size_t)(rss_kb() - rss_before));
        return 0;
    }
    size_t grown = bytes_by(argv[1]) - before;
    CHECK_AT(grown >= COUNT * SIZE - 200000 && grown < COUNT * SIZE + 400000, grown);
    return 0;
}
