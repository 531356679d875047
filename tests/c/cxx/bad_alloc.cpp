// std::bad_alloc where and as programs meet it: by its type, its base and by ..., from expressions with
// new and from containers; what the compiler itself throws stays what it was.
// shows: c++: std::bad_alloc
// shows: c++: std::bad_array_new_length
// shows: c++: alignment that is no power of two
// shows: c++: a constructor that throws gives the memory back
// compile: -O0
// compile: -O2
// link: -static
// link: -static-pie -fPIE
// link: -no-pie
// link: -pie -fPIE
// link: -static -O2 -flto
// link: -static -Wl,--whole-archive
#include "check.hpp"

#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

struct Thrower {
    char bytes[200];
    Thrower() { throw 5; }
};

struct alignas(128) AlignedThrower {
    char bytes[200];
    AlignedThrower() { throw 6; }
};

struct Quarter {
    char bytes[std::size_t(1) << 60];
};

int main()
{
    bool caught = false;
    try {
        opaque(new char[opaque(TOO_MUCH)]);
    } catch (...) {
        caught = true;
        std::exception_ptr current = std::current_exception();
        try {
            std::rethrow_exception(current);
        } catch (std::exception &error) {
            CHECK(typeid(error) == typeid(std::bad_alloc));
        }
    }
    CHECK(caught);

    caught = false;
    try {
        opaque(new Quarter);
    } catch (const std::exception &error) {
        caught = typeid(error) == typeid(std::bad_alloc);
    }
    CHECK(caught);

    caught = false;
    try {
        std::string text(opaque(TOO_MUCH / 2), 'x');
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);

    caught = false;
    try {
        std::vector<char> bytes;
        bytes.reserve(opaque(TOO_MUCH - 1));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);

    // The compiler's own check of the number of elements.
    caught = false;
    try {
        opaque(new long[opaque(SIZE_MAX / 4)]);
    } catch (const std::bad_array_new_length &error) {
        caught = std::strcmp(error.what(), "std::bad_array_new_length") == 0;
    }
    CHECK(caught);

    // libstdc++ throws, and returns null from the nothrow form, without asking a handler.
    std::set_new_handler([] { _exit(7); });
    for (std::size_t alignment : {0, 3, 24, 48, 100}) {
        caught = false;
        try {
            opaque(::operator new(8, std::align_val_t(opaque(alignment))));
        } catch (const std::bad_alloc &) {
            caught = true;
        }
        CHECK(caught);
        CHECK(opaque(::operator new[](8, std::align_val_t(opaque(alignment)), std::nothrow)) ==
              nullptr);
    }
    std::set_new_handler(nullptr);

    // Memory is given back by the matching delete: in the long run nothing more is used.
    struct mallinfo2 before = {}, after = {};
    for (int i = 0; i < 2000; i++) {
        int code = 0;
        try {
            opaque(new Thrower);
        } catch (int thrown) {
            code += thrown;
        }
        try {
            opaque(new (std::nothrow) Thrower[3]);
        } catch (int thrown) {
            code += thrown;
        }
        try {
            opaque(new AlignedThrower);
        } catch (int thrown) {
            code += thrown;
        }
        try {
            opaque(new (std::nothrow) AlignedThrower[3]);
        } catch (int thrown) {
            code += thrown;
        }
        CHECK(code == 5 + 5 + 6 + 6);
        if (i == 1000)
            before = mallinfo2();
    }
    after = mallinfo2();
    CHECK(after.uordblks + after.hblkhd <= before.uordblks + before.hblkhd + 64 * KIB);
    return 0;
}
