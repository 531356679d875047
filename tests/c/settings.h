// Shared by the tests of settings: runs the program again in another environment, and finds out from
// outside which settings the allocator goes by.
//
// Nothing here asks the allocator for a setting: each is derived from where the break is, which blocks
// are mapped, how many arenas malloc_info lists, and what fresh memory holds.
#ifndef ARENITE_TESTS_SETTINGS_H
#define ARENITE_TESTS_SETTINGS_H

#include "fork.h"

extern char **environ;

// ---- the program itself, run again ----

struct child {
    int status;
    char output[4096];
    size_t output_size;
    char errors[4096];
};

static inline bool has_same_name(const char *variable, const char *other)
{
    size_t length = strcspn(other, "=");
    return strncmp(variable, other, length) == 0 && variable[length] == '=';
}

static inline size_t read_all(int fd, char *text, size_t capacity)
{
    ssize_t got = pread(fd, text, capacity - 1, 0);
    CHECK(got >= 0);
    text[got] = '\0';
    close(fd);
    return (size_t)got;
}

// Runs this program with `role` as its argument. Its environment is this process's with `variables`
// ("NAME=value", up to a NULL) in place of those of the same names; "NAME" alone only takes one away.
__attribute__((unused)) static struct child run_self(const char *role, const char *const *variables)
{
    enum { MOST = 1000 };
    static char *environment[MOST];
    size_t count = 0;
    for (char **variable = environ; *variable != NULL && count < MOST - 50; variable++) {
        bool is_replaced = false;
        for (const char *const *other = variables; *other != NULL; other++)
            is_replaced |= has_same_name(*variable, *other);
        if (!is_replaced)
            environment[count++] = *variable;
    }
    for (const char *const *variable = variables; *variable != NULL && count < MOST - 1; variable++)
        if (strchr(*variable, '=') != NULL)
            environment[count++] = (char *)*variable;
    environment[count] = NULL;
    int output = memfd_create("output", 0), errors = memfd_create("errors", 0);
    CHECK(output >= 0 && errors >= 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        char *arguments[] = { (char *)"again", (char *)role, NULL };
        if (dup2(output, 1) == 1 && dup2(errors, 2) == 2)
            execve("/proc/self/exe", arguments, environment);
        _exit(99);
    }
    struct child child = { 0 };
    pid_t ended;
    while ((ended = waitpid(pid, &child.status, 0)) == -1 && errno == EINTR)
        ;
    CHECK(ended == pid);
    child.output_size = read_all(output, child.output, sizeof child.output);
    read_all(errors, child.errors, sizeof child.errors);
    return child;
}

// The role under which main was started; "" for the first process.
__attribute__((unused)) static const char *role_of(int argc, char **argv)
{
    return argc > 1 ? argv[1] : "";
}

// Whether stderr holds nothing but what newer dynamic linkers say about GLIBC_TUNABLES themselves.
__attribute__((unused)) static bool is_silent(const char *errors)
{
    static const char by_linker[] = "WARNING: ld.so";
    while (*errors != '\0') {
        if (strncmp(errors, by_linker, strlen(by_linker)) != 0)
            return false;
        const char *end = strchr(errors, '\n');
        if (end == NULL)
            return false;
        errors = end + 1;
    }
    return true;
}

// Calls `function` in a child process of its own, so that what it does to the heap is gone afterwards.
__attribute__((unused)) static void in_child(void (*function)(void *), void *argument)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        function(argument);
        _exit(0);
    }
    wait_for(pid);
}

// ---- what the heap looks like ----

static inline size_t mapped_chunks(void) { return mallinfo2().hblks; }

// Whether malloc maps a block of this size; the block stays.
__attribute__((unused)) static bool is_mapped_request(size_t size)
{
    size_t before = mapped_chunks();
    char *block = malloc(size);
    CHECK_AT(block != NULL, size);
    block[0] = 1;
    return mapped_chunks() == before + 1;
}

// Uses the free memory at the end of the heap up, but for a few KiB: what malloc gets next is either new
// or mapped.
__attribute__((unused)) static void exhaust_top(void)
{
    // The first block of a process brings the heap about.
    CHECK(malloc(1000) != NULL);
    for (int i = 0; i < 200 && mallinfo2().keepcost > 12 * KIB; i++)
        CHECK(malloc(mallinfo2().keepcost / 2) != NULL);
    CHECK_AT(mallinfo2().keepcost <= 12 * KIB, mallinfo2().keepcost);
}

// How far the break moves when the heap has to grow for a block of this size.
__attribute__((unused)) static size_t growth_for(size_t size)
{
    char *before = sbrk(0);
    for (int i = 0; i < 100 && sbrk(0) == before; i++)
        CHECK(malloc(size) != NULL);
    return (size_t)((char *)sbrk(0) - before);
}

// How large the free end of the heap is at most when the break falls: blocks that no cache keeps, `count` in
// a row, are freed from the last on. SIZE_MAX if it does not fall.
__attribute__((unused)) static size_t top_when_break_falls(size_t count)
{
    enum { MOST = 400 };
    static char *blocks[MOST];
    CHECK(count <= MOST);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(UNCACHED);
        CHECK(blocks[i] != NULL);
    }
    for (size_t i = count; i-- > 0;) {
        size_t top = mallinfo2().keepcost + UNCACHED;
        char *before = sbrk(0);
        free(blocks[i]);
        if ((char *)sbrk(0) < before)
            return top;
    }
    return SIZE_MAX;
}

// The number of arenas that malloc_info lists.
__attribute__((unused)) static size_t arena_count(void)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    CHECK(stream != NULL);
    CHECK(malloc_info(0, stream) == 0);
    CHECK(fclose(stream) == 0);
    size_t count = 0;
    for (const char *found = text; (found = strstr(found, "<heap nr=")) != NULL; found++)
        count++;
    free(text);
    return count;
}

struct gathering {
    pthread_barrier_t allocated, counted;
};

__attribute__((unused)) static void *allocate_and_stay(void *argument)
{
    struct gathering *gathering = argument;
    char *block = malloc(100);
    CHECK(block != NULL);
    block[0] = 1;
    pthread_barrier_wait(&gathering->allocated);
    pthread_barrier_wait(&gathering->counted);
    free(block);
    return NULL;
}

// The number of arenas while so many threads besides the calling one have blocks.
__attribute__((unused)) static size_t arenas_with_threads(unsigned threads)
{
    enum { MOST = 2100 };
    static pthread_t handles[MOST];
    CHECK(threads < MOST);
    struct gathering gathering;
    CHECK(pthread_barrier_init(&gathering.allocated, NULL, threads + 1) == 0);
    CHECK(pthread_barrier_init(&gathering.counted, NULL, threads + 1) == 0);
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, 128 * KIB) == 0);
    free(opaque(malloc(1)));
    for (unsigned i = 0; i < threads; i++)
        CHECK(pthread_create(&handles[i], &attributes, allocate_and_stay, &gathering) == 0);
    pthread_barrier_wait(&gathering.allocated);
    size_t count = arena_count();
    pthread_barrier_wait(&gathering.counted);
    for (unsigned i = 0; i < threads; i++)
        CHECK(pthread_join(handles[i], NULL) == 0);
    return count;
}

// ---- all settings at once ----

// What can be seen of the settings of a process.
struct observed {
    size_t mmap_threshold;  // the smallest size whose blocks are mapped, of 16 KiB, 24, 32, 48, 64, 96 and so on
    size_t mapped_of_5;     // how many of five blocks of 33 MiB are mapped
    size_t top_pad;         // how far the break moves beyond a block of 10,000 bytes
    size_t trim_at;         // the size of the heap's free end at which the break falls
    size_t arenas;          // with five threads besides the main one
    unsigned char perturb;  // derived from the contents of a fresh block
    bool is_dynamic;        // whether freeing a mapped block raises the threshold
};

#define NEVER SIZE_MAX
// What a process has without any setting.
#define DEFAULTS                                                                                   \
    .mmap_threshold = 128 * KIB, .mapped_of_5 = 5, .top_pad = 128 * KIB, .trim_at = 128 * KIB,     \
    .arenas = 6, .perturb = 0, .is_dynamic = true

static inline void observe_threshold(void *argument)
{
    struct observed *seen = argument;
    size_t size = seen->mmap_threshold;
    exhaust_top();
    if (!is_mapped_request(size))
        seen->mmap_threshold = NEVER;
}

static inline void observe_mappings(void *argument)
{
    struct observed *seen = argument;
    for (int i = 0; i < 5; i++)
        seen->mapped_of_5 += is_mapped_request(33 * MIB);
}

static inline void observe_pad(void *argument)
{
    struct observed *seen = argument;
    exhaust_top();
    size_t growth = growth_for(10000);
    seen->top_pad = growth > 10000 ? growth - 10000 : growth;
}

static inline void observe_trim(void *argument)
{
    struct observed *seen = argument;
    seen->trim_at = top_when_break_falls(60);
}

static inline void observe_arenas(void *argument)
{
    struct observed *seen = argument;
    seen->arenas = arenas_with_threads(5);
}

// A block that was full of `content` when it was freed is filled with one other byte when it is handed out
// again, or is not.
static inline int byte_over(int content)
{
    unsigned char *block = malloc(2000);
    CHECK(block != NULL);
    memset(block, content, 2000);
    free(block);
    block = malloc(2000);
    CHECK(block != NULL);
    int byte = block[1000];
    for (size_t i = 0; i < 2000; i++)
        if (block[i] != byte)
            byte = content;
    free(block);
    return byte == content ? -1 : byte;
}

static inline void observe_perturb(void *argument)
{
    struct observed *seen = argument;
    int one = byte_over(0x51), other = byte_over(0x52);
    seen->perturb = one == other && one > 0 ? one ^ 0xff : 0;
}

static inline void observe_dynamics(void *argument)
{
    struct observed *seen = argument;
    char *block = malloc(8 * MIB);
    CHECK(block != NULL);
    free(block);
    // Larger than what the heap may have free, smaller than what was freed.
    seen->is_dynamic = !is_mapped_request(7 * MIB);
}

// Finds out what a process's settings are. Each is looked at in a child process of its own.
__attribute__((unused)) static struct observed observe(void)
{
    struct observed *seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(seen != MAP_FAILED);
    // Powers of two, and what lies in the middle between them.
    for (size_t size = 16 * KIB; size <= 64 * MIB; size += (size & (size - 1)) == 0 ? size / 2 : size / 3) {
        seen->mmap_threshold = size;
        in_child(observe_threshold, seen);
        if (seen->mmap_threshold == size)
            break;
    }
    in_child(observe_mappings, seen);
    in_child(observe_pad, seen);
    in_child(observe_trim, seen);
    in_child(observe_arenas, seen);
    in_child(observe_perturb, seen);
    in_child(observe_dynamics, seen);
    struct observed copy = *seen;
    munmap(seen, sizeof *seen);
    return copy;
}

// A case: variables of the environment, and the settings that a process then has.
struct setting_case {
    const char *variables[6];
    struct observed expected;
};

__attribute__((unused)) static void check_observed(const char *name, const struct observed *seen,
                                                   const struct observed *expected)
{
    char text[400];
    snprintf(text, sizeof text, "%s: threshold %zu, mapped %zu of 5, pad %zu, trim at %zu, arenas %zu, perturb %u, dynamic %d",
             name, seen->mmap_threshold, seen->mapped_of_5, seen->top_pad, seen->trim_at,
             seen->arenas, seen->perturb, seen->is_dynamic);
    // Memory may be taken in pages or in units of up to 64 KiB, and the free end that is left is not zero.
    size_t slack = 80 * KIB;
    // No more than the pad is kept, and the break does not fall before there is more.
    size_t trim_at = expected->trim_at > expected->top_pad ? expected->trim_at : expected->top_pad;
    // With a heap that nobody has set anything for, Arenite keeps an eighth of it free before it trims.
    size_t trim_slack = expected->is_dynamic ? MIB : 256 * KIB;
    bool is_expected = seen->mmap_threshold == expected->mmap_threshold
        && seen->mapped_of_5 == expected->mapped_of_5
        && seen->top_pad + slack >= expected->top_pad && seen->top_pad <= expected->top_pad + slack
        && (trim_at == NEVER ? seen->trim_at == NEVER
                             : seen->trim_at >= trim_at && seen->trim_at <= trim_at + trim_slack)
        && seen->arenas == expected->arenas && seen->perturb == expected->perturb
        && seen->is_dynamic == expected->is_dynamic;
    if (!is_expected)
        check_failed(__FILE__, __LINE__, "%s", text);
}

// Runs each case in a process of its own, started with its variables; `errors` is what it must print on
// stderr (NULL: nothing).
__attribute__((unused)) static void check_case(const struct setting_case *one, const char *errors)
{
    struct child child = run_self("observe", one->variables);
    if (child.status != 0)
        check_failed(__FILE__, __LINE__, "%s: status %d: %s", one->variables[0], child.status, child.errors);
    if (errors == NULL ? !is_silent(child.errors) : strcmp(child.errors, errors) != 0)
        check_failed(__FILE__, __LINE__, "%s printed: %s", one->variables[0], child.errors);
    struct observed seen;
    CHECK(child.output_size == sizeof seen);
    memcpy(&seen, child.output, sizeof seen);
    check_observed(one->variables[0] == NULL ? "no variable" : one->variables[0], &seen, &one->expected);
}

// The whole main of a test that is a table of cases.
__attribute__((unused)) static int check_cases(int argc, char **argv, const struct setting_case *cases, size_t count)
{
    if (strcmp(role_of(argc, argv), "observe") == 0) {
        struct observed seen = observe();
        return write(1, &seen, sizeof seen) == sizeof seen ? 0 : 1;
    }
    for (size_t i = 0; i < count; i++)
        check_case(&cases[i], NULL);
    return 0;
}

#endif
