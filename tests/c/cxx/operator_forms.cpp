// Each of the twenty operators: blocks of every size class, zero included, are aligned, apart from each
// other, writable, and can be given back by every delete that C++ lets go with them.
// shows: c++: operator new and delete in all 20 replaceable forms
// shows: c++: operator delete[](void*)
// shows: c++: operator delete[](void*, std::nothrow_t const&)
// shows: c++: operator delete[](void*, std::align_val_t)
// shows: c++: operator delete[](void*, std::align_val_t, std::nothrow_t const&)
// shows: c++: operator delete[](void*, unsigned long)
// shows: c++: operator delete[](void*, unsigned long, std::align_val_t)
// shows: c++: operator delete(void*)
// shows: c++: operator delete(void*, std::nothrow_t const&)
// shows: c++: operator delete(void*, std::align_val_t)
// shows: c++: operator delete(void*, std::align_val_t, std::nothrow_t const&)
// shows: c++: operator delete(void*, unsigned long)
// shows: c++: operator delete(void*, unsigned long, std::align_val_t)
// shows: c++: operator new[](unsigned long)
// shows: c++: operator new[](unsigned long, std::nothrow_t const&)
// shows: c++: operator new[](unsigned long, std::align_val_t)
// shows: c++: operator new[](unsigned long, std::align_val_t, std::nothrow_t const&)
// shows: c++: operator new(unsigned long)
// shows: c++: operator new(unsigned long, std::nothrow_t const&)
// shows: c++: operator new(unsigned long, std::align_val_t)
// shows: c++: operator new(unsigned long, std::align_val_t, std::nothrow_t const&)
// compile: -O0
// compile: -O2
// link: -static
// link: -static-pie -fPIE
// link: -no-pie
// link: -pie -fPIE
// link: -static -O2 -flto
// link: -static -Wl,--whole-archive
#include "check.hpp"

static const std::size_t sizes[] = {0,    1,    8,        16,       17,      24,      100,
                                    256,  1000, 1024,     1025,     5000,    32768,   32769,
                                    65536, 65537, MIB / 8,  300000};
static const std::nothrow_t &tag = std::nothrow;

using Delete = void (*)(void *, std::size_t, std::align_val_t);

static const Delete deletes[] = {
    [](void *p, std::size_t, std::align_val_t) { ::operator delete(p); },
    [](void *p, std::size_t n, std::align_val_t) { ::operator delete(p, n); },
    [](void *p, std::size_t, std::align_val_t) { ::operator delete(p, tag); },
};
static const Delete array_deletes[] = {
    [](void *p, std::size_t, std::align_val_t) { ::operator delete[](p); },
    [](void *p, std::size_t n, std::align_val_t) { ::operator delete[](p, n); },
    [](void *p, std::size_t, std::align_val_t) { ::operator delete[](p, tag); },
};
static const Delete aligned_deletes[] = {
    [](void *p, std::size_t, std::align_val_t a) { ::operator delete(p, a); },
    [](void *p, std::size_t n, std::align_val_t a) { ::operator delete(p, n, a); },
    [](void *p, std::size_t, std::align_val_t a) { ::operator delete(p, a, tag); },
};
static const Delete aligned_array_deletes[] = {
    [](void *p, std::size_t, std::align_val_t a) { ::operator delete[](p, a); },
    [](void *p, std::size_t n, std::align_val_t a) { ::operator delete[](p, n, a); },
    [](void *p, std::size_t, std::align_val_t a) { ::operator delete[](p, a, tag); },
};

template <typename Allocate, std::size_t N>
static void pairs(Allocate allocate, const Delete (&with)[N], std::size_t alignment)
{
    auto value = std::align_val_t(alignment);
    for (std::size_t size : sizes) {
        // Other allocators may align an object of up to 8 bytes to its size.
        const std::size_t due = on_arenite() || alignment > 16 || size > 8 ? alignment : 8;
        for (Delete free_one : with) {
            // Two at a time, so that they must differ; two rounds, so that the cache is used.
            for (int round = 0; round < 2; round++) {
                auto *first = static_cast<unsigned char *>(opaque(allocate(size, value)));
                auto *second = static_cast<unsigned char *>(opaque(allocate(size, value)));
                CHECK(first != nullptr && second != nullptr && first != second);
                CHECK(is_aligned(first, due) && is_aligned(second, due));
                CHECK(malloc_usable_size(first) >= size);
                const std::size_t part = size < 2000 ? size : 1000;
                for (std::size_t start : {std::size_t(0), size - part}) {
                    std::memset(first + start, 1, part);
                    std::memset(second + start, 2, part);
                    for (std::size_t i = start; i < start + part; i++)
                        CHECK(first[i] == 1 && second[i] == 2);
                }
                free_one(first, size, value);
                free_one(second, size, value);
            }
        }
    }
}

int main()
{
    using A = std::align_val_t;
    pairs([](std::size_t n, A) { return ::operator new(n); }, deletes, 16);
    pairs([](std::size_t n, A) { return ::operator new(n, tag); }, deletes, 16);
    pairs([](std::size_t n, A) { return ::operator new[](n); }, array_deletes, 16);
    pairs([](std::size_t n, A) { return ::operator new[](n, tag); }, array_deletes, 16);
    for (std::size_t alignment : {1, 2, 4, 8, 16, 32, 64, 256, 4096, 65536}) {
        pairs([](std::size_t n, A a) { return ::operator new(n, a); }, aligned_deletes, alignment);
        pairs([](std::size_t n, A a) { return ::operator new(n, a, tag); }, aligned_deletes,
              alignment);
        pairs([](std::size_t n, A a) { return ::operator new[](n, a); }, aligned_array_deletes,
              alignment);
        pairs([](std::size_t n, A a) { return ::operator new[](n, a, tag); },
              aligned_array_deletes, alignment);
    }
    errno = 77;
    for (Delete free_one : deletes)
        free_one(nullptr, 0, A(16));
    for (Delete free_one : array_deletes)
        free_one(nullptr, 0, A(16));
    for (Delete free_one : aligned_deletes)
        free_one(nullptr, 0, A(64));
    for (Delete free_one : aligned_array_deletes)
        free_one(nullptr, 0, A(64));
    CHECK(errno == 77);
    return 0;
}
