// shows: fork: a child sees the blocks of its parent as they were
// Parent and child have the same blocks with the same contents, and what one does to its heap does not show
// in the other: frees, resizes, mapped blocks, the break.
#include "fork.h"

enum { BLOCKS = 200 };
static char *blocks[BLOCKS];
static size_t size_of_block(unsigned i) { return (size_t)i * i * i / 4 + 1; }

static void check_all(void)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        CHECK_AT(holds(blocks[i], size_of_block(i), i), i);
}

int main(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(size_of_block(i));
        CHECK(blocks[i] != NULL);
        fill(blocks[i], size_of_block(i), i);
    }
    char *break_before = sbrk(0);
    struct mallinfo2 before = mallinfo2();
    CHECK(before.hblks > 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        set_watchdog(20);
        struct mallinfo2 here = mallinfo2();
        CHECK(memcmp(&here, &before, sizeof here) == 0);
        check_all();
        for (unsigned i = 0; i < BLOCKS; i++) {
            if (i % 2) {
                free(blocks[i]);
                continue;
            }
            blocks[i] = realloc(blocks[i], size_of_block(i) * 2);
            CHECK(blocks[i] != NULL && holds(blocks[i], size_of_block(i), i));
            memset(blocks[i], 1, size_of_block(i) * 2);
        }
        use_allocator(1);
        malloc_trim(0);
        _exit(0);
    }
    wait_for(pid);
    struct mallinfo2 after = mallinfo2();
    CHECK(memcmp(&after, &before, sizeof after) == 0);
    CHECK(sbrk(0) == break_before);
    check_all();
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return 0;
}
