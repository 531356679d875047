// While other threads allocate and free, every snapshot of mallinfo2 is consistent: uordblks and fordblks
// add up to arena, keepcost is part of fordblks, mapped bytes are whole pages. Several threads ask at once.
// shows: mallinfo2: uordblks + fordblks = arena at any time
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { WORKERS = 4, READERS = 2, LIVE = 300, LOOKS = 1500 };

static atomic_bool is_over;

static void *work(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    static _Thread_local char *blocks[LIVE];
    while (!atomic_load(&is_over)) {
        size_t i = (size_t)(next_random(&state) % LIVE);
        size_t size = random_size(&state);
        if (next_random(&state) % 16 == 0) {
            blocks[i] = realloc(blocks[i], size + 1);
        } else {
            free(blocks[i]);
            blocks[i] = malloc(size);
        }
        CHECK(blocks[i] != NULL);
        if (next_random(&state) % 4096 == 0)
            malloc_trim(0);
    }
    for (int i = 0; i < LIVE; i++)
        free(blocks[i]);
    return NULL;
}

static void *look(void *argument)
{
    size_t page = (size_t)getpagesize();
    for (int i = 0; i < LOOKS; i++) {
        struct mallinfo2 info = mallinfo2();
        CHECK_AT(info.uordblks + info.fordblks == info.arena, info.arena);
        CHECK_AT(info.keepcost <= info.fordblks, info.keepcost);
        CHECK_AT(info.hblkhd % page == 0, info.hblkhd);
        CHECK_AT(info.arena < 1024 * MIB && info.hblkhd < 1024 * MIB, info.arena);
    }
    return argument;
}

int main(void)
{
    pthread_t workers[WORKERS], readers[READERS];
    for (uintptr_t i = 0; i < WORKERS; i++)
        CHECK(pthread_create(&workers[i], NULL, work, (void *)i) == 0);
    for (uintptr_t i = 0; i < READERS; i++)
        CHECK(pthread_create(&readers[i], NULL, look, NULL) == 0);
    for (int i = 0; i < READERS; i++)
        CHECK(pthread_join(readers[i], NULL) == 0);
    atomic_store(&is_over, true);
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);
    look(NULL);
    return 0;
}
