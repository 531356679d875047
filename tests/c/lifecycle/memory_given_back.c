// 300 MB in small, medium and large blocks, everything freed, in order and shuffled, by one thread:
// resident memory is back near the start without any call to malloc_trim. (glibc keeps the small ones.)
// shows: malloc_trim: freed memory goes back without a call
// glibc: no
// seconds: 30
#include "check.h"
#include <sys/wait.h>

enum { MAX = 700000 };

static void run(size_t least, size_t most, size_t total, int shuffled)
{
    static char *blocks[MAX];
    long start = rss_kb();
    uint64_t state = least + 1;
    unsigned count = 0;
    for (size_t sum = 0; sum < total && count < MAX; count++) {
        size_t size = least + (size_t)next_random(&state) % (most - least + 1);
        blocks[count] = malloc(size);
        CHECK(blocks[count] != NULL);
        memset(blocks[count], 1, size);
        sum += size;
    }
    CHECK_AT(rss_kb() - start > (long)(total / 1024 * 3 / 4), most);
    if (shuffled)
        for (unsigned i = count - 1; i > 0; i--) {
            unsigned j = (unsigned)(next_random(&state) % (i + 1));
            char *swapped = blocks[i];
            blocks[i] = blocks[j];
            blocks[j] = swapped;
        }
    for (unsigned i = 0; i < count; i++)
        free(blocks[i]);
    // The table of blocks itself may have become resident.
    long limit = 16 * 1024 + (long)(sizeof blocks / 1024);
    CHECK_AT(rss_kb() - start < limit, (size_t)(rss_kb() - start));
}

// In a process of its own: what is taken again soon after it was given back would be kept.
static void run_alone(size_t least, size_t most, size_t total, int shuffled)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        run(least, most, total, shuffled);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(void)
{
    for (int shuffled = 0; shuffled < 2; shuffled++) {
        run_alone(16, 1024, 100 * MIB, shuffled);
        run_alone(2 * KIB, 100 * KIB, 100 * MIB, shuffled);
        run_alone(200 * KIB, 5 * MIB, 100 * MIB, shuffled);
    }
    return 0;
}
