// shows: arenas: a thread takes over the arena of one that has ended
// shows: arenas: a thread keeps its arena
// Threads one after the other use one arena, not one each; threads that run together and end leave their
// arenas to as many later ones. A thread's blocks come from one arena all its life.
#include "../settings.h"

static void *allocate_and_free(void *unused)
{
    (void)unused;
    use_allocator(1);
    return NULL;
}

static void *stay_in_one_arena(void *argument)
{
    size_t *arenas = argument;
    free(opaque(malloc(100)));
    arenas[0] = arena_count();
    for (unsigned i = 0; i < 20; i++)
        use_allocator(i);
    arenas[1] = arena_count();
    return NULL;
}

int main(void)
{
    free(opaque(malloc(100)));
    CHECK(arena_count() == 1);
    pthread_t thread;
    for (int i = 0; i < 20; i++) {
        CHECK(pthread_create(&thread, NULL, allocate_and_free, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_AT(arena_count() == 2, i);
    }
    for (int i = 0; i < 5; i++)
        CHECK_AT(arenas_with_threads(5) == 6, i);
    CHECK(arenas_with_threads(6) == 7);
    size_t arenas[2];
    CHECK(pthread_create(&thread, NULL, stay_in_one_arena, arenas) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(arenas[0] == 7 && arenas[1] == 7);
    return 0;
}
