// Shared by the C test programs of Arenite's own functions: declares them weak, since a program is linked
// without the library that is preloaded.
#ifndef ARENITE_TESTS_EXTENSIONS_H
#define ARENITE_TESTS_EXTENSIONS_H

#include "check.h"

#include "../../include/arenite.h"

#pragma weak arenite_stats
#pragma weak arenite_stats_json
#pragma weak arenite_purge
#pragma weak arenite_heap_walk
#pragma weak arenite_verify

// All statistics; checks what holds in every answer.
__attribute__((unused)) static struct arenite_stats read_stats(void)
{
    struct arenite_stats stats;
    CHECK(arenite_stats(&stats, sizeof stats) == sizeof stats);
    CHECK_AT(stats.system_bytes + stats.mapped_bytes == stats.allocated_bytes + stats.cached_bytes +
                                                            stats.free_bytes + stats.overhead_bytes,
             stats.system_bytes);
    CHECK(stats.allocated_bytes <= stats.system_bytes + stats.mapped_bytes);
    CHECK(stats.purged_bytes <= stats.free_bytes);
    CHECK(stats.system_bytes <= stats.system_bytes_max);
    CHECK(stats.mapped_bytes <= stats.mapped_bytes_max);
    CHECK(stats.mapped_chunks <= stats.mapped_chunks_max);
    CHECK(stats.arenas >= 1);
    return stats;
}

// What a block counts in the statistics: an object its class, a chunk also its tag, a mapped chunk all pages
// of its mapping. (The usable size of a chunk is 8 more than a multiple of 16.)
__attribute__((unused)) static size_t counted_bytes(const void *block)
{
    size_t usable = malloc_usable_size((void *)block);
    if (usable % 16 == 8)
        return usable + 8;
    if (usable <= 1024)
        return usable;
    return usable + 16 + ((uintptr_t)block - 16) % (size_t)getpagesize();
}

// Bytes of all anonymous mappings of the process, the heap of the break among them.
__attribute__((unused)) static size_t anonymous_and_heap(size_t *heap)
{
    static char text[256 * 1024];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    CHECK(got == 0 && used < sizeof text - 1);
    close(fd);
    text[used] = '\0';
    size_t sum = 0;
    *heap = 0;
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n');
        CHECK(end != NULL);
        *end = '\0';
        char *rest;
        size_t start = strtoul(line, &rest, 16);
        size_t size = strtoul(rest + 1, &rest, 16) - start;
        bool is_heap = strstr(rest, "[heap]") != NULL;
        // Anonymous: inode 0, and no name such as [stack].
        if (is_heap || (strstr(rest, " 00:00 0") != NULL && strchr(rest, '[') == NULL &&
                        strchr(rest, '/') == NULL))
            sum += size;
        if (is_heap)
            *heap += size;
        line = end + 1;
    }
    return sum;
}

// Reads JSON text: each function returns the place behind what it read, and ends the test if it is wrong.
static const char *json_value(const char *text);

static inline const char *json_space(const char *text) { return text + strspn(text, " \t\r\n"); }

static inline const char *json_string(const char *text)
{
    CHECK(*text == '"');
    for (text++; *text != '"'; text++)
        CHECK((unsigned char)*text >= 0x20 && *text != '\\');
    return text + 1;
}

// An object or an array, by the brackets.
static inline const char *json_list(const char *text, char close, bool has_names)
{
    text = json_space(text + 1);
    if (*text == close)
        return text + 1;
    for (;;) {
        if (has_names) {
            text = json_space(json_string(json_space(text)));
            CHECK(*text == ':');
            text++;
        }
        text = json_space(json_value(text));
        if (*text == close)
            return text + 1;
        CHECK(*text == ',');
        text++;
    }
}

__attribute__((unused)) static const char *json_value(const char *text)
{
    text = json_space(text);
    if (*text == '{')
        return json_list(text, '}', true);
    if (*text == '[')
        return json_list(text, ']', false);
    if (*text == '"')
        return json_string(text);
    size_t digits = strspn(text, "0123456789");
    CHECK(digits > 0 && (digits == 1 || *text != '0'));
    return text + digits;
}

__attribute__((unused)) static void check_json(const char *text)
{
    CHECK(*json_space(json_value(text)) == '\0');
}

// The number of a member with this name, the last one in the text.
__attribute__((unused)) static size_t json_number(const char *text, const char *name)
{
    char key[64];
    CHECK(snprintf(key, sizeof key, "\"%s\":", name) < (int)sizeof key);
    const char *found = NULL;
    for (const char *next = text; (next = strstr(next, key)) != NULL; next++)
        found = next;
    CHECK(found != NULL && name);
    return strtoul(found + strlen(key), NULL, 10);
}

#endif
