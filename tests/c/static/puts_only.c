// A program whose own code never names malloc takes the C library's, even with the archive first,
// unless the linker is told that malloc is wanted.
// shows: static: -Wl,-u,malloc
// shows: static: --whole-archive
// shows: static: a program that never names malloc
// link: -static -Wl,-u,malloc
// link: -static-pie -Wl,-u,malloc
// link: -static -Wl,--whole-archive
// link: -static-pie -Wl,--whole-archive
// link: -static -Wl,-u,malloc -Wl,--gc-sections
#include <stdio.h>
#include <stdlib.h>

extern const char *arenite_version(void) __attribute__((weak));

int main(void)
{
    puts("hello");
    return getenv("ARENITE_EXPECTED") != NULL && arenite_version == NULL;
}
