// A program without threads that uses what reports on the heap and steers it, and allocates hardly at all.
// shows: static: malloc_info, malloc_stats, mallinfo, mallinfo2, mallopt, malloc_trim
// link: all
#include "../check.h"

int main(void)
{
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
    char *block = malloc(600000);
    CHECK(block != NULL);
    CHECK(mallinfo2().hblks == 0 && mallinfo2().uordblks >= 600000);
    char *mapped = malloc(2 * MIB);
    CHECK(mapped != NULL && mallinfo2().hblks == 1 && mallinfo2().hblkhd >= 2 * MIB);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    CHECK(mallinfo().hblks == 1);
#pragma GCC diagnostic pop
    free(mapped);
    free(block);
    CHECK(mallinfo2().hblks == 0);
    malloc_trim(0);

    FILE *nowhere = fopen("/dev/null", "w");
    CHECK(nowhere != NULL && malloc_info(0, nowhere) == 0 && malloc_info(1, nowhere) == EINVAL);
    int saved = dup(2);
    CHECK(saved >= 0 && dup2(fileno(nowhere), 2) == 2);
    malloc_stats();
    CHECK(dup2(saved, 2) == 2);
    fclose(nowhere);
    return 0;
}
