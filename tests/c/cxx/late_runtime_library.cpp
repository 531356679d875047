// The library of late_runtime.c; returns the number of the line that found something wrong.
#include <cstdint>
#include <dlfcn.h>
#include <new>
#include <string>
#include <vector>

static int calls;

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__;                                                                       \
    } while (0)

template <typename T> static T opaque(T value)
{
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

extern "C" int run(bool on_arenite)
{
    constexpr std::size_t too_much = PTRDIFF_MAX - 4096;
    std::vector<std::string> strings(1000, std::string(100, 'x'));
    EXPECT(strings[999].size() == 100);
    if (on_arenite) {
        Dl_info ours, operators;
        EXPECT(dladdr(dlsym(RTLD_DEFAULT, "malloc"), &ours) != 0);
        auto *address = static_cast<void *(*)(std::size_t)>(&::operator new);
        EXPECT(dladdr(reinterpret_cast<void *>(address), &operators) != 0);
        EXPECT(ours.dli_fbase == operators.dli_fbase);
    }
    for (int i = 0; i < 3; i++) {
        bool caught = false;
        try {
            opaque(new char[opaque(too_much)]);
        } catch (const std::bad_alloc &) {
            caught = true;
        }
        EXPECT(caught);
    }
    EXPECT(opaque(new (std::nothrow) char[opaque(too_much)]) == nullptr);
    std::set_new_handler([] { throw ++calls; });
    int thrown = 0;
    try {
        opaque(::operator new(opaque(too_much), std::align_val_t(64)));
    } catch (int number) {
        thrown = number;
    }
    EXPECT(thrown == 1);
    EXPECT(opaque(::operator new(opaque(too_much), std::nothrow)) == nullptr && calls == 2);
    std::set_new_handler(nullptr);
    return 0;
}

extern "C" int exhaust()
{
    struct Node {
        Node *next;
        char bytes[1000];
    };
    Node *first = nullptr;
    bool caught = false;
    try {
        for (;;) {
            Node *node = new Node;
            node->next = first;
            first = node;
        }
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    EXPECT(opaque(new (std::nothrow) char[4 << 20]) == nullptr);
    while (first != nullptr) {
        Node *next = first->next;
        delete first;
        first = next;
    }
    EXPECT(caught);
    return 0;
}
