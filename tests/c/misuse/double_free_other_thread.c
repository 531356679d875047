// One thread frees a block, then another thread frees it again; caught at the latest when the
// program ends. (glibc's caches do not see each other's blocks.)
// shows: misuse: block freed twice by different threads
// expect: double free
// glibc: no
#include "check.h"
#include <pthread.h>

static void *free_it(void *block)
{
    free(block);
    return NULL;
}

int main(void)
{
    char *block = malloc(56);
    CHECK(block != NULL);
    announce(block);
    free(block);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_it, opaque(block)) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}
