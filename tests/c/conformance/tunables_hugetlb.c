// shows: tunables: glibc.malloc.hugetlb
// shows: extensions: ARENITE_OPTIONS hugetlb
// hugetlb=1 asks for transparent huge pages where the system gives them on request (madvise): the heap and
// large mappings are marked so in /proc/self/smaps, and not where it gives them always or never. hugetlb=2
// takes huge pages where the system has free ones, and works like 0 where it has none, in silence.
// seconds: 60
#include "../settings.h"

// Whether the mapping with this address has the flag, two letters, in /proc/self/smaps.
static bool has_flag(const void *address, const char *flag)
{
    char line[1000];
    bool is_here = false;
    FILE *file = fopen("/proc/self/smaps", "re");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        uintptr_t start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            is_here = (uintptr_t)address >= start && (uintptr_t)address < end;
        else if (is_here && strncmp(line, "VmFlags:", 8) == 0) {
            fclose(file);
            return strstr(line, flag) != NULL;
        }
    }
    CHECK(!"no VmFlags for the address");
    return false;
}

static bool is_on_request(void)
{
    char text[100] = "";
    int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY);
    if (fd < 0)
        return false;
    CHECK(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    return strstr(text, "[madvise]") != NULL;
}

static void check_blocks(bool is_marked)
{
    // Grows the heap by much more than a huge page, in steps.
    char *block = NULL;
    for (int i = 0; i < 200; i++) {
        block = malloc(100 * KIB);
        CHECK(block != NULL && is_below_break(block));
        memset(block, 1, 100 * KIB);
        if (i == 100)
            CHECK(has_flag(block, " hg") == is_marked);
    }
    char *mapped = malloc(16 * MIB);
    CHECK(mapped != NULL && !is_below_break(mapped));
    memset(mapped, 1, 16 * MIB);
    CHECK(has_flag(mapped + 8 * MIB, " hg") == is_marked);
    mapped = realloc(mapped, 24 * MIB);
    CHECK(mapped != NULL);
    memset(mapped, 2, 24 * MIB);
    free(mapped);
    use_allocator(1);
}

static void check_huge(void)
{
    bool has_free = proc_number("/proc/meminfo", "HugePages_Free:") >= 16 && proc_number("/proc/meminfo", "Hugepagesize:") == 2048;
    char *mapped = malloc(16 * MIB);
    CHECK(mapped != NULL);
    memset(mapped, 1, 16 * MIB);
    CHECK(has_flag(mapped + 8 * MIB, " ht") == has_free);
    fill(mapped, 16 * MIB, 3);
    mapped = realloc(mapped, 20 * MIB);
    CHECK(mapped != NULL && holds(mapped, 16 * MIB, 3));
    free(mapped);
    for (unsigned i = 0; i < 10; i++)
        use_allocator(i);
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (strcmp(role, "plain") == 0)
        check_blocks(false);
    else if (strcmp(role, "transparent") == 0)
        check_blocks(is_on_request());
    else if (strcmp(role, "huge") == 0)
        check_huge();
    if (*role != '\0')
        return 0;
    static const struct {
        const char *role, *tunable, *option;
    } cases[] = {
        { "plain", "GLIBC_TUNABLES=glibc.malloc.hugetlb=0", "ARENITE_OPTIONS=hugetlb=0" },
        { "transparent", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1", "ARENITE_OPTIONS=hugetlb=1" },
        { "huge", "GLIBC_TUNABLES=glibc.malloc.hugetlb=2", "ARENITE_OPTIONS=hugetlb=2" },
        { "huge", "GLIBC_TUNABLES=glibc.malloc.hugetlb=2097152", "ARENITE_OPTIONS=hugetlb=2m" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const by_tunable[] = { cases[i].tunable, NULL }, *const by_option[] = { cases[i].option, NULL };
        struct child child = run_self(cases[i].role, by_tunable);
        if (child.status != 0 || !is_silent(child.errors))
            check_failed(__FILE__, __LINE__, "%s: %s", cases[i].tunable, child.errors);
        if (!on_arenite())
            continue;
        child = run_self(cases[i].role, by_option);
        if (child.status != 0 || child.errors[0] != '\0')
            check_failed(__FILE__, __LINE__, "%s: %s", cases[i].option, child.errors);
    }
    return 0;
}
