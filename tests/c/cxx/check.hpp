// Shared by the C++ test programs: CHECK, and whether the program is on Arenite.
#ifndef ARENITE_TESTS_CHECK_HPP
#define ARENITE_TESTS_CHECK_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <malloc.h>
#include <new>
#include <sys/resource.h>
#include <unistd.h>

constexpr std::size_t KIB = 1024;
constexpr std::size_t MIB = 1024 * KIB;

// A request that no allocator can meet.
constexpr std::size_t TOO_MUCH = PTRDIFF_MAX - 4096;

// Defined by Arenite alone; null on the C library's own allocator.
extern "C" const char *arenite_version(void) __attribute__((weak));

static inline bool on_arenite() { return arenite_version != nullptr; }

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            char text_[512];                                                                       \
            int length_ = snprintf(text_, sizeof text_, "%s:%d: CHECK(%s) failed (errno %d)\n",    \
                                   __FILE__, __LINE__, #condition, errno);                         \
            ssize_t ignored_ = write(2, text_, (size_t)length_);                                   \
            (void)ignored_;                                                                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

// Hides a value from the optimiser, which may leave out pairs of new and delete.
template <typename T> static inline T opaque(T value)
{
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

static inline bool is_aligned(const void *pointer, std::size_t alignment)
{
    return (reinterpret_cast<std::uintptr_t>(pointer) & (alignment - 1)) == 0;
}

// The driver sets ARENITE_EXPECTED wherever it preloads or links the library.
__attribute__((constructor(102), unused)) static void check_allocator()
{
    if (getenv("ARENITE_EXPECTED") != nullptr)
        CHECK(on_arenite());
}

// Leaves the process `room` more bytes of address space than it has now.
__attribute__((unused)) static void limit_address_space(std::size_t room)
{
    char text[256];
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    CHECK(file != nullptr && std::fgets(text, sizeof text, file) != nullptr);
    std::fclose(file);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = std::strtoull(text, nullptr, 10) * (std::size_t)getpagesize() + room;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

__attribute__((unused)) static void unlimit_address_space()
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

#endif
