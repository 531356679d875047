// malloc_trim gives back the free end of every arena, not just of the main one's: a running thread that has
// freed all but its first block keeps next to nothing resident. (glibc leaves those ends alone.)
// glibc: no
// shows: malloc_trim: tops of other arenas
#include "check.h"
#include <pthread.h>

enum { COUNT = 300, SIZE = UNCACHED };

static char *first, *blocks[COUNT];
static pthread_barrier_t barrier;

static void *work(void *unused)
{
    first = malloc(SIZE);
    CHECK(first != NULL);
    fill(first, SIZE, 1);
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, SIZE);
    }
    for (int i = COUNT - 1; i >= 0; i--)
        free(blocks[i]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    CHECK(holds(first, SIZE, 1));
    return unused;
}

int main(void)
{
    keep_all_in_heap();
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
    pthread_barrier_wait(&barrier);
    CHECK(malloc_trim(0) == 1);
    CHECK(malloc_trim(0) == 0);
    long resident = 0;
    size_t page = (size_t)getpagesize();
    for (int i = 0; i < COUNT; i++)
        for (size_t offset = 0; offset < SIZE; offset += page) {
            unsigned char residency = 0;
            char *at = (char *)((uintptr_t)(blocks[i] + offset) & ~(page - 1));
            resident += mincore(at, page, &residency) == 0 && (residency & 1);
        }
    CHECK_AT(resident <= 4, (size_t)resident);
    pthread_barrier_wait(&barrier);
    CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}
