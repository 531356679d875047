// shows: tunables: glibc.mem.decorate_maps
// shows: extensions: ARENITE_OPTIONS decorate_maps
// With glibc.mem.decorate_maps=1 mappings have names in /proc/self/maps if the system can name them, and none
// without it; as in glibc since 2.39. Nothing is printed where the system cannot.
// glibc: no
#include "../settings.h"
#include <sys/prctl.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static bool can_name_mappings(void)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    bool can = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, page, 4096, "test") == 0;
    munmap(page, 4096);
    return can;
}

// The name of the mapping with this address, with what stands around it.
static bool is_named(const void *address, const char *name)
{
    char line[1000];
    FILE *file = fopen("/proc/self/maps", "re");
    CHECK(file != NULL);
    bool is_here = false;
    while (fgets(line, sizeof line, file) != NULL) {
        uintptr_t start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && (uintptr_t)address >= start && (uintptr_t)address < end)
            is_here = strstr(line, name) != NULL;
    }
    fclose(file);
    return is_here;
}

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (*role != '\0') {
        char *mapped = malloc(5 * MIB);
        CHECK(mapped != NULL);
        mapped[0] = 1;
        bool is_expected = strcmp(role, "named") == 0 && can_name_mappings();
        CHECK(is_named(mapped, "[anon: glibc: malloc") == is_expected);
        use_allocator(1);
        return 0;
    }
    static const struct {
        const char *role, *variable;
    } cases[] = {
        { "named", "GLIBC_TUNABLES=glibc.mem.decorate_maps=1" },
        { "named", "ARENITE_OPTIONS=decorate_maps=1" },
        { "plain", "GLIBC_TUNABLES=glibc.mem.decorate_maps=0" },
        { "plain", "ARENITE_OPTIONS=decorate_maps=0" },
        { "plain", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const variables[] = { cases[i].variable, NULL };
        struct child child = run_self(cases[i].role, variables);
        if (child.status != 0 || !is_silent(child.errors))
            check_failed(__FILE__, __LINE__, "%s: %s", cases[i].variable, child.errors);
    }
    return 0;
}
