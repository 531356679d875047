// Shared by the C test programs: CHECK, block patterns and readings from /proc.
//
// Nothing in this file calls malloc on its own account: failures are reported by one write(2), and
// the readings from /proc use a buffer on the stack, so that a test sees only its own allocations.
#ifndef ARENITE_TESTS_CHECK_H
#define ARENITE_TESTS_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define KIB ((size_t)1024)
#define MIB ((size_t)1024 * 1024)

// A block of this size comes from the heap, since mappings start at 128 KiB, and goes back there at once when
// it is freed: Arenite's thread caches keep blocks of up to 64 KiB, those of glibc much smaller ones.
enum { UNCACHED = 80000 };

// Defined by Arenite alone; NULL on the C library's own allocator.
extern const char *arenite_version(void) __attribute__((weak));

static inline bool on_arenite(void) { return arenite_version != NULL; }

// Prints the place and the text, and ends the process with status 1.
__attribute__((noreturn, format(printf, 3, 4), unused)) static void
check_failed(const char *file, int line, const char *format, ...)
{
    int saved_errno = errno;
    char text[512];
    int used = snprintf(text, sizeof text, "%s:%d: ", file, line);
    va_list arguments;
    va_start(arguments, format);
    used += vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
    va_end(arguments);
    if (used > (int)sizeof text - 32)
        used = (int)sizeof text - 32;
    used += snprintf(text + used, sizeof text - (size_t)used, " (errno %d)\n", saved_errno);
    ssize_t ignored = write(2, text, (size_t)used);
    (void)ignored;
    _exit(1);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            check_failed(__FILE__, __LINE__, "CHECK(%s) failed", #condition);                      \
    } while (0)

// As CHECK, with the value (a size, a count) at which it failed.
#define CHECK_AT(condition, value)                                                                 \
    do {                                                                                           \
        if (!(condition))                                                                          \
            check_failed(__FILE__, __LINE__, "CHECK(%s) failed at %zu (0x%zx)", #condition,        \
                         (size_t)(value), (size_t)(value));                                        \
    } while (0)

// `call` must return NULL and set errno to `error`.
#define CHECK_FAILS_WITH(call, error)                                                              \
    do {                                                                                           \
        errno = 0;                                                                                 \
        void *result_ = (call);                                                                    \
        CHECK(result_ == NULL && #call);                                                           \
        CHECK(errno == (error) && #call);                                                          \
    } while (0)

// Hides a value from the optimiser and from the compiler's warnings about sizes and freed pointers.
__attribute__((unused)) static void *opaque(const void *pointer)
{
    void *hidden = (void *)pointer;
    __asm__ volatile("" : "+r"(hidden) : : "memory");
    return hidden;
}

__attribute__((unused)) static size_t opaque_size(size_t size)
{
    __asm__ volatile("" : "+r"(size));
    return size;
}

static inline bool is_aligned(const void *pointer, size_t alignment)
{
    return ((uintptr_t)pointer & (alignment - 1)) == 0;
}

// The driver sets ARENITE_EXPECTED wherever it preloads or links the library, so that a test cannot
// pass on the C library's allocator by mistake.
__attribute__((constructor(102), unused)) static void check_allocator(void)
{
    if (getenv("ARENITE_EXPECTED") != NULL)
        CHECK(on_arenite());
}

// ---- patterns: every byte of a block depends on its seed and its offset ----

static inline unsigned char pattern_byte(size_t offset, unsigned seed)
{
    return (unsigned char)(offset * 31 + (offset >> 8) * 7 + seed * 101 + 13);
}

__attribute__((unused)) static void fill(void *block, size_t size, unsigned seed)
{
    unsigned char *bytes = block;
    for (size_t i = 0; i < size; i++)
        bytes[i] = pattern_byte(i, seed);
}

__attribute__((unused)) static bool holds(const void *block, size_t size, unsigned seed)
{
    const unsigned char *bytes = block;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != pattern_byte(i, seed))
            return false;
    return true;
}

// The same for blocks too big to look at every byte each time: both ends in full and one byte in
// every 256 between them.
__attribute__((unused)) static void fill_sparsely(void *block, size_t size, unsigned seed)
{
    unsigned char *bytes = block;
    for (size_t i = 0; i < size; i += (i < 64 || i + 64 >= size) ? 1 : (size - 64 - i < 256 ? size - 64 - i : 256))
        bytes[i] = pattern_byte(i, seed);
}

__attribute__((unused)) static bool holds_sparsely(const void *block, size_t size, unsigned seed)
{
    const unsigned char *bytes = block;
    for (size_t i = 0; i < size; i += (i < 64 || i + 64 >= size) ? 1 : (size - 64 - i < 256 ? size - 64 - i : 256))
        if (bytes[i] != pattern_byte(i, seed))
            return false;
    return true;
}

__attribute__((unused)) static bool is_zero(const void *block, size_t size)
{
    const unsigned char *bytes = block;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

// A small generator of pseudo-random numbers (xorshift64*), one state a thread.
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dULL;
}

// A size from all ranges: mostly small, some medium, now and then large.
__attribute__((unused)) static size_t random_size(uint64_t *state)
{
    uint64_t random = next_random(state);
    size_t pick = (size_t)(random >> 32);
    switch (random % 64) {
    case 0: return pick % (300 * KIB);
    case 1: case 2: return pick % (60 * KIB);
    case 3: case 4: case 5: case 6: case 7: return pick % (8 * KIB);
    default: return pick % 700;
    }
}

// ---- readings ----

// The number after `key` in a file of /proc, such as "VmRSS:" in /proc/self/status.
__attribute__((unused)) static long proc_number(const char *path, const char *key)
{
    char text[8192];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    size_t used = 0;
    ssize_t got;
    while (used < sizeof text - 1 && (got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    text[used] = '\0';
    const char *found = strstr(text, key);
    CHECK(found != NULL);
    return atol(found + strlen(key));
}

__attribute__((unused)) static long rss_kb(void) { return proc_number("/proc/self/status", "VmRSS:"); }
__attribute__((unused)) static long vmsize_kb(void) { return proc_number("/proc/self/status", "VmSize:"); }

__attribute__((unused)) static long minor_faults(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return usage.ru_minflt;
}

// Whether the page at `address` belongs to any mapping.
__attribute__((unused)) static bool is_mapped(const void *address)
{
    unsigned char residency;
    uintptr_t page = (uintptr_t)address & ~(uintptr_t)(getpagesize() - 1);
    return mincore((void *)page, 1, &residency) == 0;
}

// Whether `address` lies in the memory that the break has handed out (from the program's own data up
// to the break): blocks there come from an arena, others from a mapping.
__attribute__((unused)) static bool is_below_break(const void *address)
{
    extern char end;
    return (uintptr_t)address >= (uintptr_t)&end && (uintptr_t)address < (uintptr_t)sbrk(0);
}

// Looks for two blocks of `size` bytes that are direct neighbours in memory, `*second` right after
// `*first`; all other blocks tried are freed again, except one in front that keeps a hole filled.
__attribute__((unused)) static void neighbours(size_t size, char **first, char **second)
{
    enum { TRIES = 64 };
    char *blocks[TRIES];
    int found = -1;
    int count = 0;
    while (count < TRIES && found < 0) {
        blocks[count] = malloc(size);
        CHECK(blocks[count] != NULL);
        for (int i = 0; i < count; i++) {
            ptrdiff_t distance = blocks[count] - blocks[i];
            if (distance > 0 && (size_t)distance <= malloc_usable_size(blocks[i]) + 64)
                found = i;
        }
        count++;
    }
    CHECK(found >= 0);
    *first = blocks[found];
    *second = blocks[count - 1];
    for (int i = 0; i < count - 1; i++)
        if (i != found)
            free(blocks[i]);
}

// ---- misuse programs ----

// Tells the driver an address that the error line may contain; no stdio, so that nothing but the
// test's own calls goes through the allocator.
__attribute__((unused)) static void announce(const void *block)
{
    char line[64];
    int length = snprintf(line, sizeof line, "block %p\n", block);
    CHECK(write(1, line, (size_t)length) == length);
}

// ---- statistics ----

// The chunk of the heap that holds a block above all cached and below all mapped sizes takes this many
// bytes: what the program can use and the tag.
__attribute__((unused)) static size_t chunk_bytes(void *block) { return malloc_usable_size(block) + 8; }

__attribute__((unused)) static size_t round_up(size_t size, size_t multiple)
{
    return (size + multiple - 1) / multiple * multiple;
}

// Blocks up to this size come from the heap from now on, and its end is not given back by free.
__attribute__((unused)) static void keep_all_in_heap(void)
{
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1);
    CHECK(mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1);
}

// How many pages that lie wholly in a range are resident.
__attribute__((unused)) static size_t resident_pages(const void *start, size_t size)
{
    size_t page = (size_t)getpagesize();
    uintptr_t first = round_up((uintptr_t)start, page), last = ((uintptr_t)start + size) / page * page;
    size_t resident = 0;
    for (uintptr_t at = first; at < last; at += page) {
        unsigned char residency = 0;
        CHECK(mincore((void *)at, page, &residency) == 0);
        resident += residency & 1;
    }
    return resident;
}

// Runs `action` with standard error in a file of its own; puts what was written there into `text`, which
// has room for `size` bytes, and returns its length. Does not allocate.
__attribute__((unused)) static size_t capture_stderr(void (*action)(void), char *text, size_t size)
{
    int real = dup(2), file = memfd_create("stderr", MFD_CLOEXEC);
    CHECK(real >= 0 && file >= 0 && fcntl(file, F_SETFL, O_APPEND) == 0 && dup2(file, 2) == 2);
    action();
    CHECK(dup2(real, 2) == 2);
    close(real);
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 && (got = pread(file, text + used, size - 1 - used, (off_t)used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(file);
    return used;
}

// The number after the `nth` occurrence (from 0) of `key` in a text; blanks in front of it are skipped.
__attribute__((unused)) static size_t number_after(const char *text, const char *key, int nth)
{
    for (; (text = strstr(text, key)) != NULL; nth--) {
        text += strlen(key);
        if (nth == 0)
            return strtoull(text, NULL, 10);
    }
    check_failed(__FILE__, __LINE__, "the text lacks %s", key);
}

// Bytes of the writable private mappings without a file that overlap neither a stack nor the program
// itself: the break's and those of mmap.
__attribute__((unused)) static size_t anonymous_bytes(void)
{
    static char text[512 * 1024];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    size_t used = 0, sum = 0;
    ssize_t got;
    while (used < sizeof text - 1 && (got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    CHECK(used < sizeof text - 1);
    text[used] = '\0';
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        unsigned long start = 0, stop = 0, inode = 0;
        char mode[8] = "", name[32] = "";
        CHECK(sscanf(line, "%lx-%lx %7s %*x %*x:%*x %lu %31s", &start, &stop, mode, &inode, name) >= 4);
        bool is_ours = inode == 0 && (name[0] == '\0' || strcmp(name, "[heap]") == 0
                                      || strncmp(name, "[anon", 5) == 0);
        if (is_ours && strncmp(mode, "rw-p", 4) == 0)
            sum += stop - start;
    }
    return sum;
}

#endif
