// malloc_info with options other than 0 returns EINVAL and writes nothing; with 0 it returns 0.
// shows: malloc_info: EINVAL for options other than 0
#include "check.h"

int main(void)
{
    static const int options[] = { 1, -1, 2, 3, 0x7fffffff, -0x7fffffff - 1, 0x100 };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char *text = NULL;
        size_t length = 99;
        FILE *stream = open_memstream(&text, &length);
        CHECK(stream != NULL);
        CHECK_AT(malloc_info(options[i], stream) == EINVAL, options[i]);
        CHECK(fclose(stream) == 0);
        CHECK_AT(length == 0 && text[0] == '\0', length);
        free(text);
        stream = tmpfile();
        CHECK(stream != NULL && malloc_info(options[i], stream) == EINVAL && ftell(stream) == 0);
        CHECK(malloc_info(0, stream) == 0 && ftell(stream) > 100 && fclose(stream) == 0);
    }
    return 0;
}
