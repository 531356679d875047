// The size that a sized delete is told is not looked at, as in libstdc++: a wrong one does no harm.
// shows: c++: sized delete ignores the size
// link: -static
// link: -pie -fPIE
#include "check.hpp"

int main()
{
    static const std::size_t sizes[] = {0, 1, 16, 100, 1000, 5000, 32768, 65536, 300000};
    for (std::size_t size : sizes) {
        // Many rounds, so that a block that went to the wrong place comes back.
        for (int round = 0; round < 100; round++) {
            auto *first = static_cast<unsigned char *>(opaque(::operator new(size)));
            auto *second = static_cast<unsigned char *>(opaque(::operator new[](size)));
            CHECK(malloc_usable_size(first) >= size && malloc_usable_size(second) >= size);
            std::memset(first, 1, size);
            std::memset(second, 2, size);
            for (std::size_t i = 0; i < size; i += 8)
                CHECK(first[i] == 1 && second[i] == 2);
            ::operator delete(first, size + 100);
            ::operator delete[](second, size / 2);
            void *aligned = opaque(::operator new(size, std::align_val_t(64)));
            ::operator delete(aligned, size + 100, std::align_val_t(64));
        }
    }
    return 0;
}
