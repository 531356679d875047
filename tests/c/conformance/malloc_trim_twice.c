// A second malloc_trim in a row returns 0, since the first one left nothing to release; also with free pages
// between used blocks of all sizes, and with other arenas. (glibc gives the same pages back each time and
// returns 1.)
// glibc: no
// shows: malloc_trim: 0 if all was released before
#include "check.h"
#include <pthread.h>

enum { COUNT = 4000 };

static char *blocks[2][COUNT];

static void make_holes(char **mine)
{
    uint64_t state = 5;
    for (int i = 0; i < COUNT; i++) {
        size_t size = random_size(&state);
        mine[i] = malloc(size);
        CHECK(mine[i] != NULL);
        memset(mine[i], 1, size);
    }
    for (int i = 0; i < COUNT; i++)
        if (i % 64 != 0)
            free(mine[i]);
}

static void *work(void *unused)
{
    make_holes(blocks[1]);
    return unused;
}

int main(void)
{
    keep_all_in_heap();
    make_holes(blocks[0]);
    CHECK(malloc_trim(0) == 1);
    for (int i = 0; i < 3; i++)
        CHECK_AT(malloc_trim(0) == 0, i);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    malloc_trim(0);
    for (int i = 0; i < 3; i++)
        CHECK_AT(malloc_trim(0) == 0, i);
    // New dirty memory is something to release again, once.
    char *block = malloc(300 * KIB), *wall = malloc(MIB);
    CHECK(block != NULL && wall != NULL);
    memset(block, 1, 300 * KIB);
    free(block);
    CHECK(malloc_trim(0) == 1);
    CHECK(malloc_trim(0) == 0);
    free(wall);
    return 0;
}
