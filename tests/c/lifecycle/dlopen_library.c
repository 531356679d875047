// The library is opened with dlopen beside the C library's own allocator: its functions work, also in
// threads that were there before, and both heaps live side by side on the same break.
// shows: extensions: dlopen
// preload: no
// glibc: no
#include "check.h"
#include <dlfcn.h>
#include <pthread.h>

static void *(*other_malloc)(size_t);
static void *(*other_realloc)(void *, size_t);
static void *(*other_calloc)(size_t, size_t);
static void (*other_free)(void *);
static size_t (*other_usable_size)(void *);
static pthread_barrier_t barrier;

static void *work(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    pthread_barrier_wait(&barrier);
    uint64_t state = number + 1;
    enum { LIVE = 300 };
    char *blocks[LIVE] = { NULL }, *own[LIVE] = { NULL };
    size_t sizes[LIVE];
    for (int step = 0; step < 20000; step++) {
        unsigned i = (unsigned)(next_random(&state) % LIVE);
        if (blocks[i] != NULL) {
            CHECK(holds_sparsely(blocks[i], sizes[i], i));
            CHECK(holds_sparsely(own[i], sizes[i], i + 1));
        }
        other_free(blocks[i]);
        free(own[i]);
        sizes[i] = 1 + random_size(&state) % 40000;
        blocks[i] = step % 5 == 0 ? other_calloc(1, sizes[i]) : other_realloc(other_malloc(10), sizes[i]);
        own[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL && own[i] != NULL);
        CHECK(other_usable_size(blocks[i]) >= sizes[i]);
        fill_sparsely(blocks[i], sizes[i], i);
        fill_sparsely(own[i], sizes[i], i + 1);
    }
    for (int i = 0; i < LIVE; i++) {
        other_free(blocks[i]);
        free(own[i]);
    }
    return NULL;
}

int main(void)
{
    const char *path = getenv("ARENITE_SO");
    CHECK(path != NULL);
    pthread_t threads[6];
    CHECK(pthread_barrier_init(&barrier, NULL, 7) == 0);
    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        check_failed(__FILE__, __LINE__, "%s", dlerror());
    other_malloc = dlsym(library, "malloc");
    other_realloc = dlsym(library, "realloc");
    other_calloc = dlsym(library, "calloc");
    other_free = dlsym(library, "free");
    other_usable_size = dlsym(library, "malloc_usable_size");
    CHECK(other_malloc != NULL && other_realloc != NULL && other_free != NULL);
    CHECK(other_calloc != NULL && other_usable_size != NULL);
    CHECK(other_malloc != malloc);
    for (uintptr_t i = 4; i < 6; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 6; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    // Closing it is harmless: the code stays (threads and handlers may still refer to it).
    CHECK(dlclose(library) == 0);
    other_free(other_malloc(100));
    return 0;
}
