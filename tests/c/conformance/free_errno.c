// free never changes errno, for blocks of any size; free(NULL) does nothing.
// shows: functions: free, errno is kept
#include "check.h"

int main(void)
{
    errno = 1234;
    free(NULL);
    CHECK(errno == 1234);
    enum { COUNT = 64 };
    void *blocks[COUNT];
    for (size_t size = 1; size < 40 * MIB; size = size * 2 + 5) {
        int count = size > MIB ? 4 : COUNT;
        for (int i = 0; i < count; i++) {
            blocks[i] = i % 2 ? malloc(size) : memalign(64, size);
            CHECK_AT(blocks[i] != NULL, size);
            memset(blocks[i], 1, size);
        }
        for (int i = 0; i < count; i++) {
            errno = 1000 + i;
            free(blocks[i]);
            CHECK_AT(errno == 1000 + i, size);
        }
        // realloc to zero is a free, too.
        void *block = malloc(size);
        errno = 77;
        CHECK_AT(realloc(block, 0) == NULL, size);
        CHECK_AT(errno == 77, size);
    }
    return 0;
}
