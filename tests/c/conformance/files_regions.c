// With file_regions=1 all blocks lie in files. Free memory in there keeps its blocks on the disk, and so its
// content: calloc clears it. What becomes wholly free goes back.
// shows: extensions: ARENITE_OPTIONS file_regions
// env: ARENITE_OPTIONS=file_dir=/tmp:file_regions=1:file_fork=copy
// glibc: no
// seconds: 60
#include "../files.h"

enum { BLOCKS = 60000 };
static unsigned char *blocks[BLOCKS];
static size_t size_of_block(unsigned i) { return i % 50 == 0 ? 20000 : i % 500 == 1 ? 100000 : 16 + i % 1500; }

static void *churn(void *seed)
{
    uint64_t state = (uintptr_t)seed;
    enum { LIVE = 500 };
    char *live[LIVE] = { NULL };
    for (int i = 0; i < 50000; i++) {
        unsigned at = next_random(&state) % LIVE;
        free(live[at]);
        size_t size = random_size(&state);
        live[at] = calloc(1, size);
        CHECK(live[at] != NULL && is_zero(live[at], size));
        memset(live[at], 1, size);
    }
    for (int i = 0; i < LIVE; i++)
        free(live[i]);
    return NULL;
}

int main(void)
{
    // The first regions may come from before the settings were read.
    for (int i = 0; i < 200; i++)
        CHECK(malloc(1000) != NULL);
    long before = anonymous_kb();
    size_t total = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(size_of_block(i));
        CHECK(blocks[i] != NULL);
        fill(blocks[i], size_of_block(i), i);
        total += size_of_block(i);
    }
    CHECK(total > 60 * MIB);
    CHECK(lies_in_file(blocks[BLOCKS / 2]) && lies_in_file(blocks[BLOCKS - 1]));
    CHECK_AT(anonymous_kb() - before < (long)(total / KIB / 10), (size_t)(anonymous_kb() - before));
    for (unsigned i = 0; i < BLOCKS; i++)
        if (i % 3) {
            CHECK(holds(blocks[i], size_of_block(i), i));
            free(blocks[i]);
        }
    malloc_trim(0);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (i % 3) {
            blocks[i] = calloc(1, size_of_block(i));
            CHECK(blocks[i] != NULL && is_zero(blocks[i], size_of_block(i)));
        }
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (i % 3 == 0)
            CHECK(holds(blocks[i], size_of_block(i), i));
        free(blocks[i]);
    }
    CHECK(malloc_trim(0) == 1);
    CHECK_AT(mallinfo2().arena < 16 * MIB, mallinfo2().arena);
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
