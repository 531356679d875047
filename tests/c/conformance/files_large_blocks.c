// Large blocks lie in files without a name, shared, so that the kernel can page them out: they take no
// anonymous memory. They are aligned, zeroed, resized and freed as others; smaller blocks are as ever.
// shows: extensions: ARENITE_OPTIONS file_dir
// env: ARENITE_OPTIONS=file_dir=/tmp
// glibc: no
#include "../files.h"

enum { BLOCKS = 16 };
#define SIZE (4 * MIB)

int main(void)
{
    long before = anonymous_kb();
    char *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = i % 2 ? malloc(SIZE) : calloc(SIZE / 16, 16);
        CHECK(blocks[i] != NULL && lies_in_file(blocks[i]));
        CHECK(is_zero(blocks[i], SIZE));
        fill_sparsely(blocks[i], SIZE, i);
    }
    CHECK_AT(anonymous_kb() - before < 2 * 1024, (size_t)anonymous_kb());
    // 64 KiB and more that are mapped lie in files, and nothing else does.
    char *small = malloc(1000), *medium = malloc(100 * KIB);
    CHECK(small != NULL && medium != NULL && !lies_in_file(small) && !lies_in_file(medium));
    for (size_t alignment = 32; alignment <= 4 * MIB; alignment *= 2) {
        char *aligned = aligned_alloc(alignment, 300000);
        CHECK(aligned != NULL && is_aligned(aligned, alignment) && lies_in_file(aligned));
        CHECK(is_zero(aligned, 300000) && malloc_usable_size(aligned) >= 300000);
        memset(aligned, 1, malloc_usable_size(aligned));
        aligned = realloc(aligned, 900000);
        CHECK(aligned != NULL && lies_in_file(aligned) && aligned[299999] == 1);
        free(aligned);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK(holds_sparsely(blocks[i], SIZE, i));
        free(blocks[i]);
        CHECK(!is_mapped(blocks[i]));
    }
    CHECK(mallinfo2().hblks == 0 && mallinfo2().hblkhd == 0);
    // Freed memory is never found again.
    for (int round = 0; round < 20; round++) {
        char *block = calloc(1, SIZE);
        CHECK(block != NULL && is_zero(block, SIZE));
        memset(block, round + 1, SIZE);
        free(block);
    }
    return 0;
}
