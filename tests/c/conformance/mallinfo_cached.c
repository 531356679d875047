// Small blocks that wait in the thread's cache after free count as used.
// shows: mallinfo2: uordblks counts cached blocks as used
#include "check.h"

int main(void)
{
    char *blocks[5];
    for (size_t size = 20; size <= 1000; size += 70) {
        for (int i = 0; i < 5; i++) {
            blocks[i] = malloc(size);
            CHECK(blocks[i] != NULL);
        }
        struct mallinfo2 before = mallinfo2();
        for (int i = 0; i < 5; i++)
            free(blocks[i]);
        struct mallinfo2 after = mallinfo2();
        CHECK_AT(after.uordblks == before.uordblks && after.fordblks == before.fordblks, size);
        for (int i = 0; i < 5; i++) {
            blocks[i] = malloc(size);
            CHECK(blocks[i] != NULL);
        }
        CHECK_AT(mallinfo2().uordblks == before.uordblks, size);
    }
    return 0;
}
