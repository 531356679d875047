// The dynamic threshold: a block above 128 KiB has its own mapping; freeing a mapped block of up to
// 32 MiB raises the threshold to its size, after which blocks below that come from the break; blocks
// above 32 MiB are always mapped.
// shows: thresholds: blocks from 128 KiB on are mapped
// shows: thresholds: a freed mapped block raises the mmap threshold, up to 32 MiB
#include "check.h"

static bool is_mapped_block(size_t size)
{
    char *block = malloc(size);
    CHECK(block != NULL);
    memset(block, 1, 4096);
    bool mapped = !is_below_break(block);
    if (!mapped) {
        free(block);
        return false;
    }
    // A mapping disappears with the block.
    free(block);
    CHECK(!is_mapped(block + 8192));
    return true;
}

int main(void)
{
    CHECK(!is_mapped_block(100 * KIB));
    CHECK(!is_mapped_block(100 * KIB));
    // Above the first threshold: mapped once, and from then on in the heap.
    CHECK(is_mapped_block(200 * KIB));
    CHECK(!is_mapped_block(200 * KIB));
    CHECK(!is_mapped_block(190 * KIB));
    // Requests for more than the heap's free end holds, since that comes first.
    CHECK(is_mapped_block(MIB));
    CHECK(!is_mapped_block(MIB));
    CHECK(is_mapped_block(5 * MIB));
    CHECK(!is_mapped_block(5 * MIB));
    CHECK(!is_mapped_block(2 * MIB));
    // Above the greatest threshold: the rule leaves it where it is.
    CHECK(is_mapped_block(40 * MIB));
    CHECK(is_mapped_block(40 * MIB));
    CHECK(is_mapped_block(14 * MIB));
    // The trim threshold is now twice the threshold: a freed block of half of it stays in the heap.
    char *block = malloc(5 * MIB);
    CHECK(block != NULL && is_below_break(block));
    memset(block, 1, 5 * MIB);
    void *before = sbrk(0);
    free(block);
    CHECK(sbrk(0) == before);
    CHECK(is_mapped_block(31 * MIB));
    CHECK(!is_mapped_block(31 * MIB));
    return 0;
}
