// The operators that the program calls lie in the same object as Arenite's other functions, not in
// libstdc++, and memory from them is of the heap that malloc uses.
// shows: c++: operator new and delete go to Arenite without libstdc++
// link: -no-pie
// link: -pie -fPIE
#include "check.hpp"

#include <dlfcn.h>

static const char *const names[] = {
    "_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t",
    "_ZnwmSt11align_val_t", "_ZnamSt11align_val_t",
    "_ZnwmSt11align_val_tRKSt9nothrow_t", "_ZnamSt11align_val_tRKSt9nothrow_t",
    "_ZdlPv", "_ZdaPv", "_ZdlPvm", "_ZdaPvm", "_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t",
    "_ZdlPvSt11align_val_t", "_ZdaPvSt11align_val_t", "_ZdlPvmSt11align_val_t",
    "_ZdaPvmSt11align_val_t", "_ZdlPvSt11align_val_tRKSt9nothrow_t",
    "_ZdaPvSt11align_val_tRKSt9nothrow_t",
};

int main()
{
    Dl_info allocator, found;
    void *reference = on_arenite() ? reinterpret_cast<void *>(arenite_version)
                                   : dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv");
    CHECK(reference != nullptr && dladdr(reference, &allocator) != 0);
    for (const char *name : names) {
        void *address = dlsym(RTLD_DEFAULT, name);
        CHECK(address != nullptr && dladdr(address, &found) != 0);
        if (found.dli_fbase != allocator.dli_fbase)
            std::printf("%s is in %s\n", name, found.dli_fname);
        CHECK(found.dli_fbase == allocator.dli_fbase);
    }
    for (std::size_t size : {1, 100, 5000, 100000, 1000000}) {
        void *block = ::operator new(size);
        CHECK(malloc_usable_size(block) >= size);
        block = std::realloc(block, size + 100);
        CHECK(block != nullptr);
        ::operator delete(block);
        block = std::malloc(size);
        ::operator delete(block, size);
        std::free(::operator new[](size, std::align_val_t(64)));
    }
    return 0;
}
