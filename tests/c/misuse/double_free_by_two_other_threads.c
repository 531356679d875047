// Two other threads, one after the other, free a block of the main thread.
// shows: misuse: block freed twice by different threads
// shows: corruption: double free or corruption (!prev)
// expect: double free or corruption (!prev)
#include "check.h"
#include <pthread.h>

static void *free_it(void *block)
{
    free(block);
    return NULL;
}

int main(void)
{
    char *block = malloc(300);
    CHECK(block != NULL);
    announce(block);
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, free_it, opaque(block)) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    return 0;
}
