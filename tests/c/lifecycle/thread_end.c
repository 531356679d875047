// Thousands of short threads, each allocating and freeing and handing half of its blocks to the next:
// what ended threads had cached is used again, so that memory stays bounded. Argument: threads.
// shows: arenas: what ended threads had cached is used again
// args: 5000
#include "check.h"
#include <pthread.h>

enum { BLOCKS = 200 };
static char *handed[BLOCKS / 2];
static size_t handed_size[BLOCKS / 2];

static void *work(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    uint64_t state = number * 2654435761u + 1;
    char *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        sizes[i] = 1 + random_size(&state) % 40000;
        blocks[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        fill_sparsely(blocks[i], sizes[i], number);
    }
    for (int i = 0; i < BLOCKS / 2; i++) {
        if (handed[i] != NULL)
            CHECK(holds_sparsely(handed[i], handed_size[i], number - 1));
        free(handed[i]);
        handed[i] = blocks[i];
        handed_size[i] = sizes[i];
    }
    for (int i = BLOCKS / 2; i < BLOCKS; i++) {
        CHECK(holds_sparsely(blocks[i], sizes[i], number));
        free(blocks[i]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 5000;
    long warm = 0;
    for (int i = 1; i <= count; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, work, (void *)(uintptr_t)i) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        if (i == count / 10)
            warm = rss_kb();
    }
    CHECK_AT(rss_kb() - warm < 8 * 1024, (size_t)(rss_kb() - warm));
    return 0;
}
