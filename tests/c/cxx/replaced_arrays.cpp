// A program that replaces the forms for arrays and the aligned ones: those that derive from them follow,
// and plain objects do not.
// shows: c++: a program's own operators for arrays and for aligned objects
// link: -static
// link: -static-pie -fPIE
// link: -no-pie
// link: -pie -fPIE
// link: -static -O2 -flto
// link: -static -Wl,--whole-archive
#include "replaced.hpp"

void *operator new[](std::size_t size) { return with_header(size); }
void operator delete[](void *block) noexcept { free_with_header(block); }

static int aligned_allocated, aligned_freed;

void *operator new(std::size_t size, std::align_val_t alignment)
{
    aligned_allocated++;
    auto step = static_cast<std::size_t>(alignment);
    void *block = std::aligned_alloc(step, step + size);
    if (block == nullptr)
        throw 17;
    return static_cast<char *>(block) + step;
}

void operator delete(void *block, std::align_val_t alignment) noexcept
{
    if (block == nullptr)
        return;
    aligned_freed++;
    std::free(static_cast<char *>(block) - static_cast<std::size_t>(alignment));
}

int main()
{
    allocated = freed = 0;
    ::operator delete(::operator new(100), 100);
    ::operator delete(::operator new(100, std::nothrow), std::nothrow);
    CHECK(allocated == 0 && freed == 0);

    ::operator delete[](::operator new[](100), 100);
    ::operator delete[](::operator new[](100, std::nothrow), std::nothrow);
    ::operator delete[](::operator new[](100));
    CHECK(allocated == 3 && freed == 3);
    CHECK(opaque(::operator new[](opaque(TOO_MUCH), std::nothrow)) == nullptr);

    constexpr std::align_val_t A{64};
    ::operator delete(::operator new(100, A), A);
    ::operator delete(::operator new(100, A), 100, A);
    ::operator delete(::operator new(100, A, std::nothrow), A, std::nothrow);
    ::operator delete[](::operator new[](100, A), A);
    ::operator delete[](::operator new[](100, A), 100, A);
    ::operator delete[](::operator new[](100, A, std::nothrow), A, std::nothrow);
    CHECK(aligned_allocated == 6 && aligned_freed == 6);
    CHECK(opaque(::operator new(opaque(TOO_MUCH / 2), A, std::nothrow)) == nullptr);
    CHECK(opaque(::operator new[](opaque(TOO_MUCH / 2), A, std::nothrow)) == nullptr);
    CHECK(aligned_allocated == 8 && allocated == 3);
    return 0;
}
