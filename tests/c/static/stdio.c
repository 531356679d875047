// Functions of the C library that allocate on their own: buffers of streams, getline, open_memstream,
// asprintf, setenv, qsort, strdup.
// shows: static: stdio and other functions that allocate
// link: all
#include "../check.h"

static int compare(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

int main(void)
{
    char *text = NULL, *line = NULL, *formatted = NULL;
    size_t length = 0, room = 0;
    FILE *stream = open_memstream(&text, &length);
    CHECK(stream != NULL);
    for (int i = 0; i < 2000; i++)
        CHECK(fprintf(stream, "line %d %0*d\n", i, 1 + i % 300, 0) > 0);
    CHECK(fclose(stream) == 0);
    CHECK(malloc_usable_size(text) > length);

    stream = fmemopen(text, length, "r");
    CHECK(stream != NULL);
    int count = 0;
    while (getline(&line, &room, stream) > 0)
        count++;
    CHECK(count == 2000 && malloc_usable_size(line) >= room);
    CHECK(fclose(stream) == 0);
    free(line);
    free(text);

    CHECK(asprintf(&formatted, "%d %s %f", 1, "two", 3.0) == 14);
    CHECK(strcmp(formatted, "1 two 3.000000") == 0);
    free(formatted);
    CHECK(setenv("ARENITE_STATIC_TEST", "value", 1) == 0);
    char *copy = strdup(getenv("ARENITE_STATIC_TEST"));
    CHECK(strcmp(copy, "value") == 0);
    free(copy);
    enum { NUMBERS = 20000 };
    int *numbers = malloc(NUMBERS * sizeof *numbers);
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = i * 7919 % NUMBERS;
    qsort(numbers, NUMBERS, sizeof *numbers, compare);
    for (int i = 0; i < NUMBERS; i++)
        CHECK(numbers[i] == i);
    free(numbers);
    CHECK(fopen("/nonexistent/file", "r") == NULL);
    return 0;
}
