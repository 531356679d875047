// A medium block freed by another thread and then by its own.
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
    char *block = malloc(60 * KIB), *behind = malloc(60 * KIB);
    CHECK(block != NULL && behind != NULL);
    announce(block);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_it, block) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    free(opaque(block));
    return 0;
}
