// A program that replaces only operator new(size_t) and operator delete(void *), as many do: the arrays,
// the nothrow and the sized forms go through these two, also where the compiler picks the form.
// shows: c++: a program's own operator new and delete serve all plain forms
// compile: -O0 -Wno-sized-deallocation
// compile: -O2 -Wno-sized-deallocation
// link: all
#include "replaced.hpp"

#include <memory>
#include <string>
#include <vector>

void *operator new(std::size_t size) { return with_header(size); }
void operator delete(void *block) noexcept { free_with_header(block); }

struct Object {
    char bytes[40];
    ~Object() { opaque(this); }
};

struct alignas(64) Aligned {
    char bytes[64];
};

static void expect(int count)
{
    CHECK(allocated == count);
    CHECK(freed == count);
    allocated = freed = 0;
}

int main()
{
    allocated = freed = 0;
    delete opaque(new Object);
    delete[] opaque(new Object[5]);
    delete opaque(new (std::nothrow) Object);
    delete[] opaque(new (std::nothrow) Object[5]);
    expect(4);

    ::operator delete(::operator new(100), 100);
    ::operator delete[](::operator new[](100), 100);
    ::operator delete(::operator new(100, std::nothrow), std::nothrow);
    ::operator delete[](::operator new[](100, std::nothrow), std::nothrow);
    ::operator delete[](::operator new[](100));
    expect(5);

    {
        std::vector<std::string> strings(100, std::string(100, 'x'));
        auto shared = std::make_shared<Object>();
        std::unique_ptr<Object[]> array(new Object[10]);
    }
    CHECK(allocated >= 103 && allocated == freed);
    allocated = freed = 0;

    // What the replacement throws is what the nothrow forms swallow.
    CHECK(opaque(::operator new(opaque(TOO_MUCH), std::nothrow)) == nullptr);
    CHECK(opaque(::operator new[](opaque(TOO_MUCH), std::nothrow)) == nullptr);
    bool caught = false;
    try {
        opaque(::operator new[](opaque(TOO_MUCH)));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);

    // The aligned forms do not call the plain ones.
    delete opaque(new Aligned);
    delete[] opaque(new Aligned[3]);
    expect(0);
    return 0;
}
