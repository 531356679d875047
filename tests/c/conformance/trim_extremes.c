// The largest pads and thresholds, as malloc_trim, mallopt (where -1 is SIZE_MAX) and the environment
// take them: nothing is lost, and allocation goes on.
// shows: malloc_trim: extreme values lose nothing
// env: MALLOC_TOP_PAD_=18446744073709551615
#include "check.h"
#include <malloc.h>

static char data[64 * 1024];

static void use(unsigned seed)
{
    char *blocks[64];
    for (size_t i = 0; i < 64; i++) {
        size_t size = 100 + i * i * 40;
        blocks[i] = malloc(size);
        CHECK_AT(blocks[i] != NULL, size);
        fill(blocks[i], size, seed);
    }
    for (size_t i = 0; i < 64; i++) {
        CHECK(holds(blocks[i], 100 + i * i * 40, seed));
        free(blocks[i]);
    }
}

int main(void)
{
    memset(data, 7, sizeof data);
    char *kept = malloc(3000);
    CHECK(kept != NULL);
    fill(kept, 3000, 1);
    use(2);
    malloc_trim(opaque_size(SIZE_MAX));
    malloc_trim(opaque_size(SIZE_MAX - 5000));
    use(3);
    static const int parameters[] = { M_TOP_PAD, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX };
    for (size_t i = 0; i < 4; i++) {
        for (int value = -1; value <= 1; value++) {
            CHECK(mallopt(parameters[i], value) == 1);
            use((unsigned)i);
            malloc_trim(0);
            malloc_trim(opaque_size(SIZE_MAX));
            use((unsigned)i + 10);
        }
    }
    CHECK(holds(kept, 3000, 1));
    for (size_t i = 0; i < sizeof data; i++)
        CHECK(data[i] == 7);
    return 0;
}
