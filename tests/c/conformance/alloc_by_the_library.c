// Functions of the C library that return allocated memory take it from the program's malloc: such blocks
// can be measured, resized and freed, and mapped ones are counted.
// shows: functions: memory that the C library allocates for the program
#include "check.h"
#include <dirent.h>
#include <wchar.h>

static void check_text(char *text, const char *expected)
{
    CHECK(text != NULL && strcmp(text, expected) == 0);
    CHECK(malloc_usable_size(text) > strlen(expected) && is_aligned(text, 16));
    text = realloc(text, 100000);
    CHECK(text != NULL && strcmp(text, expected) == 0);
    free(text);
}

static int all(const struct dirent *entry) { return entry != NULL; }

int main(void)
{
    check_text(strdup("a text"), "a text");
    check_text(strndup("a text", 3), "a t");
    char *text = NULL;
    CHECK(asprintf(&text, "%d-%s", 42, "x") == 4);
    check_text(text, "42-x");
    check_text(realpath("/proc/..", NULL), "/");
    wchar_t *wide = wcsdup(L"wide");
    CHECK(wide != NULL && malloc_usable_size(wide) >= 5 * sizeof(wchar_t));
    free(wide);

    size_t room = 0;
    text = NULL;
    FILE *stream = fmemopen((char[]){ "line one\nline two\n" }, 18, "r");
    CHECK(stream != NULL && getline(&text, &room, stream) == 9);
    CHECK(malloc_usable_size(text) >= room);
    text = realloc(text, 5);
    room = 5;
    CHECK(text != NULL && getdelim(&text, &room, '\n', stream) == 9);
    CHECK(strcmp(text, "line two\n") == 0);
    CHECK(fclose(stream) == 0);
    free(text);

    struct dirent **entries = NULL;
    int count = scandir("/proc/self", &entries, all, alphasort);
    CHECK(count > 2);
    for (int i = 0; i < count; i++) {
        CHECK(malloc_usable_size(entries[i]) > 0);
        free(entries[i]);
    }
    free(entries);

    size_t before = mallinfo2().hblks, length = 0;
    text = NULL;
    stream = open_memstream(&text, &length);
    CHECK(stream != NULL);
    for (int i = 0; i < 40; i++) {
        static char chunk[MIB];
        CHECK(fwrite(chunk, 1, MIB, stream) == MIB);
    }
    CHECK(fclose(stream) == 0 && length == 40 * MIB);
    CHECK(mallinfo2().hblks == before + 1);
    free(text);
    CHECK(mallinfo2().hblks == before);
    return 0;
}
