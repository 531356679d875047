// Without any C++ runtime in the process operator new works; when memory has run out there is nobody to
// throw to, so it says so and aborts: it never returns NULL. Nothrow new does return NULL.
// shows: c++: operator new without a C++ runtime
// glibc: no
// Without a C++ runtime the C library has no such operators.
#include "../check.h"

#include <dlfcn.h>
#include <sys/wait.h>

int main(void)
{
    CHECK(dlsym(RTLD_DEFAULT, "__cxa_throw") == NULL);
    void *(*new)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
    void *(*new_nothrow)(size_t, const void *) =
        (void *(*)(size_t, const void *))dlsym(RTLD_DEFAULT, "_ZnwmRKSt9nothrow_t");
    void *(*new_aligned)(size_t, size_t) =
        (void *(*)(size_t, size_t))dlsym(RTLD_DEFAULT, "_ZnwmSt11align_val_t");
    void (*delete)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "_ZdlPvm");
    CHECK(new != NULL && new_nothrow != NULL && new_aligned != NULL && delete != NULL);

    const size_t too_much = PTRDIFF_MAX - 4096;
    void *block = new (100);
    fill(block, 100, 1);
    delete (block, 100);
    block = new_aligned(100, 256);
    CHECK(is_aligned(block, 256));
    delete (block, 100);
    CHECK(new_nothrow(too_much, NULL) == NULL);

    for (int aligned = 0; aligned < 2; aligned++) {
        int ends[2], status;
        CHECK(pipe(ends) == 0);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            dup2(ends[1], 2);
            if (aligned)
                new_aligned(too_much, 64);
            else
                new (too_much);
            _exit(1);
        }
        close(ends[1]);
        char text[300] = "";
        size_t used = 0;
        ssize_t got;
        while ((got = read(ends[0], text + used, sizeof text - 1 - used)) > 0)
            used += (size_t)got;
        close(ends[0]);
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == 6);
        CHECK(strcmp(text, "arenite: operator new: out of memory, and no C++ runtime to throw "
                           "std::bad_alloc\n") == 0);
    }
    return 0;
}
