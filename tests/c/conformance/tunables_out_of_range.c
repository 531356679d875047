// A value in GLIBC_TUNABLES that is out of range is ignored, and the others of the list count.
// shows: tunables: values out of range are ignored
// env: GLIBC_TUNABLES=glibc.malloc.perturb=256:glibc.malloc.mmap_threshold=65536:glibc.malloc.mmap_max=-1
#include "check.h"

int main(void)
{
    for (int i = 0; i < 3; i++) {
        // Mapped each time: the threshold stays where it was set, and there may be mappings.
        size_t mapped_before = mallinfo2().hblks;
        char *block = malloc(MIB);
        CHECK(block != NULL && !is_below_break(block));
        CHECK(mallinfo2().hblks == mapped_before + 1);
        // A perturb value of 256, cut to a byte, would fill with 0xff.
        CHECK(is_zero(block, MIB));
        free(block);
    }
    return 0;
}
