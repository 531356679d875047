// The library is in front of the C library: its version is visible and malloc resolves to it.
// shows: extensions: arenite_version
// shows: extensions: LD_PRELOAD
// glibc: no
#include "check.h"
#include <dlfcn.h>

int main(void)
{
    CHECK(on_arenite());
    CHECK(arenite_version()[0] >= '0' && arenite_version()[0] <= '9');
    static const char *const names[] = {
        "malloc", "free", "calloc", "realloc", "reallocarray", "aligned_alloc", "posix_memalign",
        "memalign", "valloc", "pvalloc", "malloc_usable_size", "cfree", "free_sized",
        "free_aligned_sized", "malloc_trim", "malloc_stats", "malloc_info", "mallopt", "mallinfo",
        "mallinfo2",
    };
    Dl_info ours;
    CHECK(dladdr((void *)arenite_version, &ours) != 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *function = dlsym(RTLD_DEFAULT, names[i]);
        Dl_info info;
        if (function == NULL || dladdr(function, &info) == 0 || info.dli_fbase != ours.dli_fbase)
            check_failed(__FILE__, __LINE__, "%s is not the library's", names[i]);
    }
    return 0;
}
