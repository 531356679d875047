// malloc_info's XML is well formed, and every element and attribute of glibc's is there with a value that
// fits what the program has allocated. Case: the element.
// shows: malloc_info: {case}
// cases: well-formed version heap sizes fast rest mmap current max aspace-total aspace-mprotect aspace-subheaps
#include "check.h"
#include <pthread.h>

enum { COUNT = 60, SIZE = UNCACHED, MAPPED = 40 * 1024 * 1024 };

static char text[256 * 1024];

static bool is(const char *name, const char *other) { return strcmp(name, other) == 0; }

// Checks one tag's attributes: name="value", with a blank before each.
static void check_attributes(const char *from, const char *end)
{
    while (from < end) {
        CHECK(*from == ' ');
        const char *equal = memchr(from, '=', (size_t)(end - from));
        CHECK(equal != NULL && equal > from + 1 && equal + 1 < end && equal[1] == '"');
        const char *close = memchr(equal + 2, '"', (size_t)(end - equal - 2));
        CHECK(close != NULL && memchr(equal + 2, '<', (size_t)(close - equal - 2)) == NULL);
        from = close + 1;
    }
}

// One root element; tags that are closed in the order of their opening; nothing but blanks between them.
static void check_well_formed(void)
{
    enum { DEEPEST = 16 };
    const char *open[DEEPEST], *at = text;
    size_t lengths[DEEPEST];
    int depth = 0, roots = 0;
    while (*at != '\0') {
        if (*at == '\n' || *at == ' ') {
            at++;
            continue;
        }
        const char *end = strchr(at, '>');
        CHECK(*at == '<' && end != NULL);
        if (at[1] == '/') {
            depth--;
            CHECK(depth >= 0 && (size_t)(end - at - 2) == lengths[depth]);
            CHECK(strncmp(at + 2, open[depth], lengths[depth]) == 0);
        } else {
            size_t length = strcspn(at + 1, " />");
            bool is_empty = end[-1] == '/';
            check_attributes(at + 1 + length, is_empty ? end - 1 : end);
            roots += depth == 0;
            if (!is_empty) {
                CHECK(depth < DEEPEST);
                open[depth] = at + 1;
                lengths[depth++] = length;
            }
        }
        at = end + 1;
    }
    CHECK(depth == 0 && roots == 1);
}

// The numbers of the last element that starts with `tag`, by attribute.
static size_t number(const char *element, const char *attribute)
{
    char key[32];
    snprintf(key, sizeof key, " %s=\"", attribute);
    const char *found = strstr(element, key);
    CHECK(found != NULL && found < strchr(element, '>'));
    char *end;
    size_t value = strtoull(found + strlen(key), &end, 10);
    CHECK(*end == '"');
    return value;
}

static const char *last(const char *tag)
{
    const char *found = NULL;
    for (const char *next = text; (next = strstr(next, tag)) != NULL; next++)
        found = next;
    CHECK(found != NULL);
    return found;
}

// Among the sizes of free chunks of the first heap is that of the block that was freed.
static void check_sizes(void)
{
    const char *end = strstr(text, "</sizes>");
    CHECK(strstr(text, "<sizes>") != NULL && end != NULL);
    bool is_found = false;
    for (const char *at = text; (at = strstr(at, "<size ")) != NULL && at < end; at++) {
        size_t from = number(at, "from"), to = number(at, "to");
        size_t total = number(at, "total"), count = number(at, "count");
        CHECK(from <= to && count > 0 && total >= (from - 1) * count && total <= to * count);
        is_found |= from <= SIZE + 64 && to >= SIZE;
    }
    CHECK(is_found);
}

static void check_case(const char *name)
{
    if (is(name, "current")) {
        // As below, in every case.
    } else if (is(name, "well-formed")) {
        check_well_formed();
    } else if (is(name, "version")) {
        CHECK(strncmp(text, "<malloc version=\"1\">", 20) == 0);
    } else if (is(name, "heap")) {
        CHECK(strstr(text, "<heap nr=\"0\">") != NULL && strstr(text, "</heap>") != NULL);
    } else if (is(name, "sizes")) {
        check_sizes();
    } else if (is(name, "fast")) {
        CHECK(number(last("<total type=\"fast\""), "count") == 0);
        CHECK(number(last("<total type=\"fast\""), "size") == 0);
    } else if (is(name, "rest")) {
        CHECK(number(last("<total type=\"rest\""), "count") >= 2);
        CHECK(number(last("<total type=\"rest\""), "size") >= SIZE);
    } else if (is(name, "mmap")) {
        CHECK(number(last("<total type=\"mmap\""), "count") == 1);
        CHECK(number(last("<total type=\"mmap\""), "size") >= MAPPED);
    } else if (is(name, "max")) {
        CHECK(number(last("<system type=\"max\""), "size") >= number(last("<system type=\"current\""), "size"));
    } else if (is(name, "aspace-total") || is(name, "aspace-mprotect")) {
        const char *tag = is(name, "aspace-total") ? "<aspace type=\"total\"" : "<aspace type=\"mprotect\"";
        CHECK(number(last(tag), "size") >= number(last("<system type=\"current\""), "size"));
    } else {
        // Of the arena of the thread; glibc's first one has none.
        CHECK(is(name, "aspace-subheaps") && number(last("<aspace type=\"subheaps\""), "size") >= 1);
    }
}

static void *check(void *name)
{
    // The stream takes no memory of the heap while it is written to.
    static char buffer[4096];
    FILE *stream = fmemopen(text, sizeof text - 1, "w");
    CHECK(stream != NULL && setvbuf(stream, buffer, _IOFBF, sizeof buffer) == 0);
    char *blocks[COUNT], *mapped = malloc(MAPPED);
    CHECK(mapped != NULL);
    for (int i = 0; i < COUNT; i++)
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
    // One is free between others; glibc puts it among its sizes when a larger request has passed it.
    free(blocks[COUNT / 2]);
    void *larger = malloc(3 * SIZE / 2);
    CHECK(larger != NULL);

    CHECK(malloc_info(0, stream) == 0 && fclose(stream) == 0);
    // In every case: the report is about the heap that the blocks above come from.
    CHECK(number(last("<system type=\"current\""), "size") >= (size_t)COUNT * SIZE);
    check_case(name);
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    pthread_t thread;
    if (is(argv[1], "aspace-subheaps")) {
        CHECK(pthread_create(&thread, NULL, check, argv[1]) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    } else {
        check(argv[1]);
    }
    return 0;
}
