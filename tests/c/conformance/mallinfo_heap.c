// The fields about the heap move by exact amounts: a block of the heap adds its chunk to uordblks, a free
// chunk its size to fordblks and one to ordblks, and nothing but the system's calls changes arena.
// shows: mallinfo2: arena
// shows: mallinfo2: ordblks
// shows: mallinfo2: uordblks
// shows: mallinfo2: fordblks
// shows: mallinfo2: usmblks
#include "check.h"

static struct mallinfo2 look(void)
{
    struct mallinfo2 info = mallinfo2();
    CHECK_AT(info.uordblks + info.fordblks == info.arena, info.arena);
    CHECK(info.usmblks == 0);
    CHECK(info.keepcost <= info.fordblks);
    return info;
}

int main(void)
{
    keep_all_in_heap();
    enum { COUNT = 101, SIZE = UNCACHED };
    char *blocks[COUNT];
    free(malloc(SIZE));
    struct mallinfo2 start = look();
    CHECK(start.ordblks >= 1 && start.arena > 0);

    size_t used = 0;
    for (int i = 0; i < COUNT; i++) {
        void *break_before = sbrk(0);
        size_t arena_before = look().arena;
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL && is_below_break(blocks[i]));
        used += chunk_bytes(blocks[i]);
        struct mallinfo2 now = look();
        CHECK_AT(now.uordblks - start.uordblks == used, now.uordblks - start.uordblks);
        size_t risen = (size_t)((char *)sbrk(0) - (char *)break_before);
        CHECK_AT(now.arena - arena_before == risen, now.arena - arena_before);
    }
    struct mallinfo2 full = look();
    CHECK(full.arena - start.arena >= (COUNT - 3) * SIZE);

    // Every other one is freed: each is a free chunk of its own between two used ones.
    size_t freed = 0;
    for (size_t i = 1; i < COUNT; i += 2) {
        freed += chunk_bytes(blocks[i]);
        free(blocks[i]);
        struct mallinfo2 now = look();
        CHECK_AT(now.ordblks == full.ordblks + (i + 1) / 2, now.ordblks);
        CHECK_AT(now.fordblks == full.fordblks + freed, now.fordblks - full.fordblks);
        CHECK_AT(now.uordblks == full.uordblks - freed, now.uordblks);
        CHECK(now.arena == full.arena && now.keepcost == full.keepcost);
    }
    // The ones between: each joins two free chunks.
    for (size_t i = 2; i < COUNT - 1; i += 2) {
        struct mallinfo2 before = look();
        freed += chunk_bytes(blocks[i]);
        free(blocks[i]);
        struct mallinfo2 now = look();
        CHECK_AT(now.ordblks == before.ordblks - 1, i);
        CHECK_AT(now.fordblks == full.fordblks + freed, i);
        CHECK(now.arena == full.arena);
    }
    // The last one joins all of that with the top.
    CHECK(look().ordblks == full.ordblks + 1);
    free(blocks[COUNT - 1]);
    CHECK(look().ordblks == full.ordblks);
    CHECK(look().keepcost > full.keepcost + (COUNT - 3) * SIZE);
    free(blocks[0]);
    CHECK_AT(look().uordblks == start.uordblks, look().uordblks - start.uordblks);
    return 0;
}
