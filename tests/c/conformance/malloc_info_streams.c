// malloc_info writes to any stream: one in memory, one in too small a buffer, a full device, an unbuffered
// one, a pipe, one that is open for reading. What the stream cannot take is an error of the stream, as with
// fprintf; the result is 0.
// shows: malloc_info: writes to any FILE
#include "check.h"

static void check_text(const char *text, size_t length)
{
    CHECK_AT(length > 100, length);
    CHECK(strncmp(text, "<malloc version=\"1\">\n", 21) == 0);
    CHECK(strcmp(text + length - 10, "</malloc>\n") == 0);
    CHECK(strstr(text, "<heap nr=\"0\">") != NULL);
}

int main(void)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    CHECK(stream != NULL && malloc_info(0, stream) == 0 && !ferror(stream) && fclose(stream) == 0);
    check_text(text, length);
    free(text);

    // What fits is written, without going over the end.
    static char small[300];
    memset(small, '#', sizeof small);
    stream = fmemopen(small, 200, "w");
    CHECK(stream != NULL && malloc_info(0, stream) == 0);
    fclose(stream);
    CHECK(memcmp(small, "<malloc version=\"1\">\n", 21) == 0);
    for (size_t i = 200; i < sizeof small; i++)
        CHECK(small[i] == '#');

    stream = fopen("/dev/full", "w");
    CHECK(stream != NULL && setvbuf(stream, NULL, _IONBF, 0) == 0);
    CHECK(malloc_info(0, stream) == 0 && ferror(stream));
    fclose(stream);
    stream = fopen("/dev/full", "w");
    CHECK(stream != NULL && malloc_info(0, stream) == 0);
    CHECK(fclose(stream) == EOF && errno == ENOSPC);

    stream = fopen("/dev/null", "r");
    CHECK(stream != NULL && malloc_info(0, stream) == 0 && ferror(stream));
    fclose(stream);

    static char buffer[65536];
    stream = tmpfile();
    CHECK(stream != NULL && setvbuf(stream, NULL, _IONBF, 0) == 0);
    CHECK(malloc_info(0, stream) == 0 && !ferror(stream));
    rewind(stream);
    length = fread(buffer, 1, sizeof buffer - 1, stream);
    buffer[length] = '\0';
    check_text(buffer, length);
    CHECK(fclose(stream) == 0);

    // Between the program's own output, in order.
    int ends[2];
    CHECK(pipe(ends) == 0 && (stream = fdopen(ends[1], "w")) != NULL);
    fputs("before\n", stream);
    CHECK(malloc_info(0, stream) == 0);
    fputs("after\n", stream);
    CHECK(fclose(stream) == 0);
    length = 0;
    ssize_t got;
    while ((got = read(ends[0], buffer + length, sizeof buffer - 1 - length)) > 0)
        length += (size_t)got;
    buffer[length] = '\0';
    CHECK(strncmp(buffer, "before\n<malloc", 14) == 0);
    CHECK(strcmp(buffer + length - 16, "</malloc>\nafter\n") == 0);
    return 0;
}
