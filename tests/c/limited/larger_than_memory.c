// A heap of 200 MiB, written to and read back in several orders, of large blocks or of small ones. If the second
// argument is the folder of a control group, it joins that first. Says how many kilobytes of anonymous memory it
// had at most.
// shows: extensions: ARENITE_OPTIONS file_dir, a heap larger than memory
// shows: extensions: ARENITE_OPTIONS file_regions, a heap larger than memory
// cases: large small
#include "settings.h"

enum { HEAP_MIB = 200 };
static size_t block_size, count;
static unsigned char **blocks;
static long most_kb;

static void note_memory(void)
{
    long kb = proc_number("/proc/self/status", "RssAnon:");
    if (kb > most_kb)
        most_kb = kb;
}

static void join(const char *group)
{
    char path[500], number[20];
    snprintf(path, sizeof path, "%s/cgroup.procs", group);
    int length = snprintf(number, sizeof number, "%d", getpid());
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0 && write(fd, number, (size_t)length) == length);
    close(fd);
}

int main(int argc, char **argv)
{
    bool is_small = strcmp(role_of(argc, argv), "small") == 0;
    if (argc > 2)
        join(argv[2]);
    block_size = is_small ? 1000 : 8 * MIB;
    count = HEAP_MIB * MIB / block_size;
    blocks = calloc(count, sizeof *blocks);
    CHECK(blocks != NULL);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(block_size);
        CHECK_AT(blocks[i] != NULL, i);
        fill(blocks[i], block_size, (unsigned)i);
        if (i % (count / 20) == 0)
            note_memory();
    }
    // From the oldest on, which went to the disk first; half of them are replaced.
    for (size_t i = 0; i < count; i++) {
        CHECK_AT(holds(blocks[i], block_size, (unsigned)i), i);
        if (i % 2) {
            free(blocks[i]);
            blocks[i] = calloc(1, block_size);
            CHECK_AT(blocks[i] != NULL && is_zero(blocks[i], block_size), i);
            fill(blocks[i], block_size, (unsigned)i + 7);
        }
    }
    note_memory();
    for (size_t i = count; i-- > 0;) {
        CHECK_AT(holds(blocks[i], block_size, (unsigned)i + i % 2 * 7), i);
        free(blocks[i]);
    }
    printf("anonymous %ld\n", most_kb);
    return 0;
}
