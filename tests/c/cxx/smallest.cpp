// The smallest program that can meet std::bad_alloc: nothing in it asks the linker for the function that
// throws it, nor for a new_handler.
// shows: c++: std::bad_alloc in a small static program
// link: all
#include <cstddef>
#include <cstdint>

static std::size_t size = PTRDIFF_MAX - 4096;
static char *volatile block;

int main()
{
    try {
        block = new char[size];
    } catch (...) {
        block = new char[100];
        block[99] = 1;
        delete[] block;
        return 0;
    }
    return 1;
}
