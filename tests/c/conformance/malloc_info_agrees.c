// malloc_info says the same as mallinfo2 at that moment: mapped blocks and bytes, the bytes from the system,
// the free bytes. Its totals are the sums of its heaps.
// shows: malloc_info: totals agree with mallinfo2
// shows: malloc_info: heaps add up to the totals
#include "check.h"
#include <pthread.h>

enum { COUNT = 800 };

static char *blocks[2][COUNT];
static char text[256 * 1024];

static size_t value(const char *from, const char *element, const char *attribute)
{
    const char *found = strstr(from, element);
    CHECK(found != NULL);
    found = strstr(found, attribute);
    CHECK(found != NULL && found[strlen(attribute)] == '"');
    return strtoull(found + strlen(attribute) + 1, NULL, 10);
}

static void compare(void)
{
    memset(text, 0, sizeof text);
    FILE *stream = fmemopen(text, sizeof text - 1, "w");
    CHECK(stream != NULL);
    // The stream's buffer is allocated before the first look.
    fputs(" ", stream);
    fflush(stream);
    struct mallinfo2 before = mallinfo2();
    CHECK(malloc_info(0, stream) == 0);
    struct mallinfo2 after = mallinfo2();
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK(fclose(stream) == 0);

    size_t rest = 0, fast = 0, current = 0, most = 0, rest_count = 0, fast_count = 0, heaps = 0;
    char *at = text;
    for (char *heap; (heap = strstr(at, "<heap nr=\"")) != NULL; heaps++) {
        CHECK(strtoull(heap + 10, NULL, 10) == heaps);
        char *end = strstr(heap, "</heap>");
        CHECK(end != NULL);
        fast += value(heap, "<total type=\"fast\"", " size=");
        fast_count += value(heap, "<total type=\"fast\"", " count=");
        rest += value(heap, "<total type=\"rest\"", " size=");
        rest_count += value(heap, "<total type=\"rest\"", " count=");
        current += value(heap, "<system type=\"current\"", " size=");
        size_t heap_most = value(heap, "<system type=\"max\"", " size=");
        CHECK(heap_most >= value(heap, "<system type=\"current\"", " size="));
        most += heap_most;
        CHECK(value(heap, "<aspace type=\"total\"", " size=") >= value(heap, "<system type=\"current\"", " size="));
        value(heap, "<aspace type=\"mprotect\"", " size=");
        at = end;
    }
    CHECK(heaps >= 1);
    size_t total_fast = value(at, "<total type=\"fast\"", " size=");
    size_t total_rest = value(at, "<total type=\"rest\"", " size=");
    size_t total_current = value(at, "<system type=\"current\"", " size=");
    // What waits for an arena on Arenite belongs to no heap, but to the total.
    if (on_arenite()) {
        CHECK_AT(total_rest >= rest && total_current >= current, total_rest - rest);
        CHECK_AT(total_rest - rest == total_current - current, total_current - current);
    } else {
        CHECK(total_rest == rest && total_current == current);
        CHECK(value(at, "<total type=\"rest\"", " count=") == rest_count);
    }
    CHECK(total_fast == fast && value(at, "<total type=\"fast\"", " count=") == fast_count);
    CHECK(value(at, "<system type=\"max\"", " size=") >= total_current);
    // glibc adds the flags in a chunk's size, up to 7.
    size_t flags = on_arenite() ? 0 : 7 * rest_count;
    size_t is_free = total_fast + total_rest;
    CHECK_AT(is_free >= before.fordblks && is_free <= before.fordblks + flags, is_free);
    CHECK_AT(total_current == before.arena, total_current);
    CHECK_AT(value(at, "<total type=\"mmap\"", " count=") == before.hblks, before.hblks);
    CHECK_AT(value(at, "<total type=\"mmap\"", " size=") == before.hblkhd, before.hblkhd);
    CHECK(most > 0);
}

static void *work(void *argument)
{
    uintptr_t which = (uintptr_t)argument;
    uint64_t state = which + 3;
    for (int i = 0; i < COUNT; i++)
        CHECK((blocks[which][i] = malloc(random_size(&state))) != NULL);
    for (int i = 0; i < COUNT; i += 2)
        free(blocks[which][i]);
    return NULL;
}

int main(void)
{
    compare();
    work((void *)0);
    compare();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, (void *)1) == 0 && pthread_join(thread, NULL) == 0);
    compare();
    char *mapped[5];
    for (size_t i = 0; i < 5; i++) {
        CHECK((mapped[i] = malloc(33 * MIB + i * 10000)) != NULL);
        compare();
    }
    malloc_trim(0);
    compare();
    for (size_t i = 0; i < 5; i++)
        free(mapped[i]);
    for (int i = 1; i < COUNT; i += 2) {
        free(blocks[0][i]);
        free(blocks[1][i]);
    }
    compare();
    malloc_trim(0);
    compare();
    return 0;
}
