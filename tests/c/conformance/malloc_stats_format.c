// malloc_stats writes to standard error: two lines for each arena, the total with the mapped blocks, and the
// most mapped blocks and bytes there ever were; the numbers, at least ten places wide, agree with mallinfo2.
// shows: malloc_stats: format
// shows: malloc_stats: agrees with mallinfo2
// shows: malloc_stats: max mmap regions and bytes
#include "check.h"
#include <pthread.h>
#include <regex.h>

static char text[64 * 1024];

static void check_report(size_t most_regions, size_t most_bytes)
{
    struct mallinfo2 info = mallinfo2();
    size_t length = capture_stderr(malloc_stats, text, sizeof text);
    CHECK_AT(length > 100, length);
    struct mallinfo2 after = mallinfo2();
    CHECK(memcmp(&info, &after, sizeof info) == 0);

    static const char row[] = "(Arena [0-9]+:\nsystem bytes     = +[0-9]+\nin use bytes     = +[0-9]+\n)+"
                              "Total \\(incl\\. mmap\\):\nsystem bytes     = +[0-9]+\nin use bytes     = +[0-9]+\n"
                              "max mmap regions = +[0-9]+\nmax mmap bytes   = +[0-9]+\n";
    regex_t pattern;
    regmatch_t match;
    CHECK(regcomp(&pattern, row, REG_EXTENDED) == 0);
    CHECK(regexec(&pattern, text, 1, &match, 0) == 0);
    CHECK(match.rm_so == 0 && (size_t)match.rm_eo == length);
    regfree(&pattern);
    // Every number ends at the 29th column or, if it is longer, starts at the 20th.
    size_t lines = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, lines++)
        if (memchr(line, '=', (size_t)(end - line)) != NULL)
            CHECK_AT(end - line == 29 || (end - line > 29 && line[19] != ' '), lines);

    size_t system = 0, in_use = 0, arenas = (lines - 5) / 3;
    for (size_t i = 0; i < arenas; i++) {
        CHECK(number_after(text, "Arena ", (int)i) == i);
        system += number_after(text, "system bytes     =", (int)i);
        in_use += number_after(text, "in use bytes     =", (int)i);
    }
    size_t total = number_after(text, "system bytes     =", (int)arenas);
    size_t total_in_use = number_after(text, "in use bytes     =", (int)arenas);
    CHECK_AT(total == info.arena + info.hblkhd, total);
    CHECK_AT(total_in_use == info.uordblks + info.hblkhd, total_in_use);
    CHECK_AT(in_use == info.uordblks, in_use);
    // Memory that waits for an arena on Arenite is in the total alone.
    CHECK_AT(on_arenite() ? system <= info.arena : system == info.arena, system);
    CHECK_AT(number_after(text, "max mmap regions =", 0) == most_regions, most_regions);
    CHECK_AT(number_after(text, "max mmap bytes   =", 0) == most_bytes, most_bytes);
}

static void *work(void *unused)
{
    free(malloc(50000));
    (void)!malloc(3000);
    return unused;
}

int main(void)
{
    CHECK(mallopt(M_MMAP_THRESHOLD, 128 * 1024) == 1);
    size_t page = (size_t)getpagesize();
    check_report(0, 0);
    char *blocks[6];
    size_t bytes = 0;
    for (size_t i = 0; i < 6; i++) {
        CHECK((blocks[i] = malloc(MIB + i * 9000)) != NULL);
        bytes += round_up(MIB + i * 9000 + 24, page);
        check_report(i + 1, bytes);
    }
    for (int i = 0; i < 6; i++)
        free(blocks[i]);
    check_report(6, bytes);
    char *one = malloc(20 * MIB);
    CHECK(one != NULL);
    check_report(6, 20 * MIB + page);
    free(one);
    check_report(6, 20 * MIB + page);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    check_report(6, 20 * MIB + page);
    return 0;
}
