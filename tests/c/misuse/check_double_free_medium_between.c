// shows: corruption: MALLOC_CHECK_ finds a medium block freed twice at once
// The same with blocks that are chunks of the heap of their own, freed by another thread.
// expect: double free
// env: MALLOC_CHECK_=3
// glibc: no
#include "check.h"
#include <pthread.h>

enum { BETWEEN = 100 };
static char *blocks[1 + BETWEEN];

static void *free_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1 + BETWEEN; i++)
        free(blocks[i]);
    free(opaque(blocks[0]));
    return NULL;
}

int main(void)
{
    for (int i = 0; i < 1 + BETWEEN; i++) {
        blocks[i] = malloc(2500);
        CHECK(blocks[i] != NULL);
        // Keeps the chunks apart.
        CHECK(malloc(2500) != NULL);
    }
    announce(blocks[0]);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_all, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    _exit(0);
}
