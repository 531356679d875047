// A heap of which much was given back asks for small pages, so that a system that gives huge ones to everybody does not
// make some of what few pages are left: that would bring all of the memory back. A heap that is full does not, nor one
// for which huge pages were asked for (hugetlb=1). With huge pages for everybody, memory stays given back.
// shows: tunables: glibc.malloc.hugetlb: 0 with holes in the heap
// shows: extensions: ARENITE_OPTIONS hugetlb: 1 with holes in the heap
// glibc: no
#include "settings.h"

enum { COUNT = 100000 };
static char *blocks[COUNT];

// Bytes of the heap's mappings whose flags have these two letters.
static size_t heap_bytes_with(const char *flag)
{
    char line[1000];
    size_t sum = 0;
    uintptr_t start = 0, end = 0, break_end = (uintptr_t)sbrk(0);
    FILE *file = fopen("/proc/self/smaps", "re");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        uintptr_t low, high;
        if (sscanf(line, "%lx-%lx ", &low, &high) == 2)
            start = low, end = high;
        else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, flag) != NULL && end <= break_end &&
                 end > (uintptr_t)blocks[0])
            sum += end - start;
    }
    fclose(file);
    return sum;
}

static void allocate(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = malloc(500 + i % 32 * 10);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, 500);
    }
}

static void release(size_t step)
{
    for (size_t i = 0; i < COUNT; i++)
        if (i % step != 0)
            free(blocks[i]);
    malloc_trim(0);
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (strcmp(role, "full") == 0) {
        allocate();
        CHECK(heap_bytes_with(" nh") == 0);
        // Some holes, but not many.
        for (size_t i = 0; i < COUNT / 10; i++)
            free(blocks[COUNT / 2 + i]);
        malloc_trim(0);
        CHECK(heap_bytes_with(" nh") == 0);
    } else if (strcmp(role, "holes") == 0) {
        allocate();
        release(200);
        CHECK(heap_bytes_with(" nh") > 40 * MIB);
        // The next that comes is found to be so as well, once much of it is gone.
        static char *more[COUNT];
        for (size_t i = 0; i < COUNT; i++)
            CHECK((more[i] = malloc(1000)) != NULL);
        for (size_t i = 0; i < COUNT; i++)
            free(more[i]);
        malloc_trim(0);
        use_allocator(1);
    } else if (strcmp(role, "advised") == 0) {
        allocate();
        release(200);
        CHECK(heap_bytes_with(" nh") == 0);
    }
    if (*role != '\0')
        return 0;
    static const char *const cases[][2] = {
        { "full", "ARENITE_OPTIONS=" },
        { "holes", "ARENITE_OPTIONS=hugetlb=0" },
        { "advised", "ARENITE_OPTIONS=hugetlb=1" },
    };
    if (access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0)
        return 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const variables[] = { cases[i][1], NULL };
        struct child child = run_self(cases[i][0], variables);
        if (child.status != 0 || child.errors[0] != '\0')
            check_failed(__FILE__, __LINE__, "%s: %s", cases[i][0], child.errors);
    }
    return 0;
}
