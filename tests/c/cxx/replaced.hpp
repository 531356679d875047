// Operators that a program defines for itself: a header of 32 bytes in front of every block, so that a
// block that went through only one of the two is found.
#include "check.hpp"

static int allocated, freed;

struct Header {
    std::size_t magic;
    std::size_t size;
    std::size_t padding[2];
};

__attribute__((unused)) static void *with_header(std::size_t size)
{
    auto *header = static_cast<Header *>(std::malloc(sizeof(Header) + size));
    if (header == nullptr)
        throw std::bad_alloc();
    allocated++;
    header->magic = 0x1234567890abcdef;
    header->size = size;
    return header + 1;
}

__attribute__((unused)) static void free_with_header(void *block)
{
    if (block == nullptr)
        return;
    Header *header = static_cast<Header *>(block) - 1;
    CHECK(header->magic == 0x1234567890abcdef);
    header->magic = 0;
    freed++;
    std::free(header);
}
