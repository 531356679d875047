// pthread_setspecific and pthread_key_create may allocate, as the manual warns those who replace malloc: here
// the program's own versions do, with blocks of all kinds, before they go on to the C library's. Threads
// start, allocate and end as ever.
// shows: functions: pthread_setspecific that allocates
#include "check.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int calls;

static void allocate_some(void)
{
    static const size_t sizes[] = { 0, 24, 200, 1024, 3000, 40000, 200000 };
    char *blocks[7];
    for (unsigned i = 0; i < 7; i++) {
        blocks[i] = i % 2 ? calloc(1, sizes[i]) : malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], sizes[i], i);
    }
    for (unsigned i = 0; i < 7; i++) {
        CHECK(holds(blocks[i], sizes[i], i));
        free(blocks[i]);
    }
    atomic_fetch_add(&calls, 1);
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
    int (*real)(pthread_key_t, const void *) = dlsym(RTLD_NEXT, "pthread_setspecific");
    allocate_some();
    return real(key, value);
}

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    int (*real)(pthread_key_t *, void (*)(void *)) = dlsym(RTLD_NEXT, "pthread_key_create");
    allocate_some();
    return real(key, destructor);
}

static pthread_key_t own_key;

static void at_end(void *block)
{
    CHECK(holds(block, 500, 5));
    free(block);
    allocate_some();
}

static void *work(void *unused)
{
    char *block = malloc(500);
    CHECK(block != NULL);
    fill(block, 500, 5);
    CHECK(pthread_setspecific(own_key, block) == 0);
    allocate_some();
    return unused;
}

int main(void)
{
    CHECK(pthread_key_create(&own_key, at_end) == 0);
    size_t used = 0;
    for (int i = 0; i < 300; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        if (i == 50)
            used = mallinfo2().uordblks;
    }
    CHECK(atomic_load(&calls) >= 901);
    // Nothing is lost with a thread.
    CHECK_AT(mallinfo2().uordblks <= used + 64 * KIB, mallinfo2().uordblks - used);
    return 0;
}
