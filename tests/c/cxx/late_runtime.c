// A C program that opens a C++ library for itself alone, as an interpreter does with extensions: there is
// no C++ runtime when Arenite starts, and none in sight of dlsym later. The library runs out of
// memory and catches std::bad_alloc, sets a new_handler, and finds null from nothrow new.
// shows: c++: a C++ library opened later, with RTLD_LOCAL
// library: late_runtime_library.cpp
#include "../check.h"

#include <dlfcn.h>

int main(void)
{
    CHECK(dlsym(RTLD_DEFAULT, "__cxa_throw") == NULL);
    void *block = malloc(100);
    void *library = dlopen(getenv("TEST_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        check_failed(__FILE__, __LINE__, "%s", dlerror());
    CHECK(dlsym(RTLD_DEFAULT, "__cxa_throw") == NULL);
    int (*run)(bool) = (int (*)(bool))dlsym(library, "run");
    CHECK(run != NULL && run(on_arenite()) == 0);

    // Not only a request that is too large: nothing is left for looking up names either.
    struct rlimit limit = {0, 0};
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = (rlim_t)vmsize_kb() * KIB + 8 * MIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    int (*exhaust)(void) = (int (*)(void))dlsym(library, "exhaust");
    CHECK(exhaust != NULL && exhaust() == 0);
    free(block);
    return 0;
}
