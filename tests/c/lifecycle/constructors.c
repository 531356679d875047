// Allocation in constructors of the first priority, in atexit handlers and in destructors, of blocks
// that are freed in another phase; also on_exit order with a thread that is still running.
// shows: extensions: constructors and destructors that allocate
#include "check.h"
#include <pthread.h>

static char *from_constructor, *from_main, *from_exit;

__attribute__((constructor(101))) static void first(void)
{
    from_constructor = malloc(70000);
    CHECK(from_constructor != NULL);
    fill(from_constructor, 70000, 1);
    char *mapped = malloc(5 * MIB);
    CHECK(mapped != NULL);
    free(mapped);
    free(calloc(3, 100));
}

__attribute__((destructor(101))) static void last(void)
{
    CHECK(holds(from_exit, 3000, 3));
    free(from_exit);
    char *block = realloc(malloc(10), 10000);
    CHECK(block != NULL);
    free(block);
}

static void at_exit(void)
{
    CHECK(holds(from_main, 500, 2));
    free(from_main);
    from_exit = malloc(3000);
    CHECK(from_exit != NULL);
    fill(from_exit, 3000, 3);
}

static void *work(void *unused)
{
    (void)unused;
    for (size_t size = 1;; size = size % 9000 + 3)
        free(malloc(size));
    return NULL;
}

int main(void)
{
    CHECK(holds(from_constructor, 70000, 1));
    from_constructor = realloc(from_constructor, 90000);
    CHECK(from_constructor != NULL && holds(from_constructor, 70000, 1));
    free(from_constructor);
    from_main = malloc(500);
    CHECK(from_main != NULL);
    fill(from_main, 500, 2);
    CHECK(atexit(at_exit) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
    return 0;
}
