// malloc_info: in each heap the sizes and the top add up to `rest`, the heaps to the totals, and those are
// mallinfo2's. It writes to a stream whose functions allocate and ask for statistics themselves.
// glibc: no
// (glibc counts sizes of fast bins, which are not in `rest`.)
// shows: malloc_info: sizes add up to rest, heaps to the totals, totals to mallinfo2
// shows: malloc_info: the stream may allocate
#include "extensions.h"

#include <pthread.h>

static char text[256 * KIB];
static size_t used;

static ssize_t collect(void *cookie, const char *bytes, size_t size)
{
    (void)cookie;
    void *block = malloc(size * 3);
    CHECK(block != NULL && mallinfo2().arena > 0);
    CHECK(used + size < sizeof text);
    memcpy(text + used, bytes, size);
    used += size;
    free(block);
    return (ssize_t)size;
}

static size_t number(const char *text, const char *attribute)
{
    const char *found = strstr(text, attribute);
    CHECK(found != NULL);
    return strtoul(found + strlen(attribute), NULL, 10);
}

static void *allocate(void *blocks)
{
    for (size_t i = 0; i < 1000; i++)
        ((void **)blocks)[i] = malloc(i * 7);
    return NULL;
}

int main(void)
{
    static void *blocks[4][1000];
    pthread_t ids[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&ids[i], NULL, allocate, blocks[i]) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(ids[i], NULL) == 0);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 1000; k += 2)
            free(blocks[i][k]);
    void *mapped = malloc(5 * MIB);

    FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = collect });
    CHECK(stream != NULL);
    CHECK(malloc_info(1, stream) == EINVAL && used == 0);
    // Once, so that the stream has what it needs; then for comparison.
    CHECK(malloc_info(0, stream) == 0 && fflush(stream) == 0);
    used = 0;
    struct mallinfo2 info = mallinfo2();
    CHECK(malloc_info(0, stream) == 0 && fflush(stream) == 0);
    text[used] = '\0';

    size_t rest_count = 0, rest_size = 0, system = 0, heaps = 0;
    char *heap = text;
    while ((heap = strstr(heap, "<heap nr=\"")) != NULL) {
        char *end = strstr(heap, "</heap>");
        CHECK(end != NULL && number(heap, "nr=\"") == heaps++);
        *end = '\0';
        size_t count = 0, size = 0;
        for (char *next = heap; (next = strstr(next, "<size ")) != NULL; next++) {
            size_t from = number(next, "from=\""), to = number(next, "to=\"");
            size_t total = number(next, "total=\""), here = number(next, "count=\"");
            CHECK(from <= to && here > 0 && total >= from * here && total <= to * here);
            count += here;
            size += total;
        }
        char *rest = strstr(heap, "<total type=\"rest\"");
        CHECK(rest != NULL && strstr(heap, "<total type=\"fast\" count=\"0\" size=\"0\"/>") != NULL);
        // The top is in none of the sizes, but in the rest; the first heap's is `keepcost`.
        size_t top_count = number(rest, "count=\"") - count, top = number(rest, "size=\"") - size;
        CHECK_AT(top_count <= 1 && (top_count == 1) == (top > 0), top);
        CHECK(heaps > 1 || top == info.keepcost);
        rest_count += count + top_count;
        rest_size += size + top;
        system += number(heap, "<system type=\"current\" size=\"");
        CHECK(number(heap, "<system type=\"max\" size=\"") >= number(heap, "<system type=\"current\" size=\""));
        heap = end + 1;
    }
    CHECK(heaps >= 1);
    char *sums = text + used;
    while (strncmp(sums, "/heap>", 6) != 0)
        sums--;
    CHECK(number(strstr(sums, "\"rest\""), "count=\"") == rest_count);
    CHECK(number(strstr(sums, "\"rest\""), "size=\"") == rest_size);
    CHECK(number(strstr(sums, "\"mmap\""), "count=\"") == info.hblks);
    CHECK(number(strstr(sums, "\"mmap\""), "size=\"") == info.hblkhd);
    CHECK(number(sums, "<system type=\"current\" size=\"") == system);
    CHECK_AT(system == info.arena && rest_size == info.fordblks && rest_count == info.ordblks, rest_size);
    CHECK(number(strstr(sums, "<caches "), "threads=\"") == 1);
    CHECK(strcmp(text + used - 10, "</malloc>\n") == 0);
    free(mapped);
    fclose(stream);
    return 0;
}
