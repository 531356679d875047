// realloc returns the pointer that it was given if the new size is the usable size or up to 15 bytes less;
// reallocarray, too. The usable size stays, and so do the contents.
// shows: functions: realloc to nearly the same size keeps the place
#include "check.h"

static void check_size(size_t size, size_t least)
{
    char *block = malloc(size);
    CHECK_AT(block != NULL, size);
    size_t usable = malloc_usable_size(block);
    fill_sparsely(block, usable, 3);
    for (size_t less = least; less < 16 && less < usable; less++) {
        char *resized = realloc(opaque(block), usable - less);
        CHECK_AT(resized == block, size);
        resized = reallocarray(opaque(block), 1, usable - less);
        CHECK_AT(resized == block, size);
        block = resized;
        CHECK_AT(malloc_usable_size(block) == usable, size);
    }
    CHECK_AT(holds_sparsely(block, usable, 3), size);
    free(block);
}

int main(void)
{
    for (size_t size = 0; size < 2000; size++)
        check_size(size, 0);
    for (size_t size = 2000; size < 120 * KIB; size += size / 29)
        check_size(size, 0);
    // glibc asks for 8 bytes more behind a mapped block than it has usable ones.
    for (size_t size = 33 * MIB; size < 33 * MIB + 9000; size += 1500)
        check_size(size, 8);
    return 0;
}
