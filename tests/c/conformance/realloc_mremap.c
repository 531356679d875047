// realloc of a mapped block moves pages instead of copying: no page fault per page, contents kept.
// shows: thresholds: realloc of a mapped block moves its pages
#include "check.h"

static void check_resize(char *block, size_t old_size, size_t new_size)
{
    size_t kept = old_size < new_size ? old_size : new_size;
    fill_sparsely(block, kept, 4);
    // A byte in each page, so that all of them are resident.
    for (size_t offset = 0; offset < old_size; offset += 4096)
        block[offset] = pattern_byte(offset, 4);
    fill_sparsely(block, kept, 4);
    long before = minor_faults();
    char *resized = realloc(block, new_size);
    long faults = minor_faults() - before;
    CHECK_AT(resized != NULL, new_size);
    CHECK_AT(faults < 200, (size_t)faults);
    CHECK_AT(holds_sparsely(resized, kept, 4), new_size);
    for (size_t offset = 0; offset < kept; offset += 4096)
        CHECK_AT(resized[offset] == (char)pattern_byte(offset, 4), offset);
    CHECK(malloc_usable_size(resized) >= new_size);
    resized[new_size - 1] = 1;
    free(resized);
}

int main(void)
{
    // Above 32 MiB, where the dynamic threshold never reaches.
    check_resize(malloc(40 * MIB), 40 * MIB, 120 * MIB);
    check_resize(malloc(120 * MIB), 120 * MIB, 40 * MIB);
    // With a second block in between, so that the mapping cannot simply be extended.
    char *block = malloc(50 * MIB);
    char *other = malloc(50 * MIB);
    CHECK(block != NULL && other != NULL);
    fill_sparsely(other, 50 * MIB, 6);
    check_resize(block, 50 * MIB, 90 * MIB);
    CHECK(holds_sparsely(other, 50 * MIB, 6));
    free(other);
    // Growing by small steps, as buffers do.
    char *buffer = malloc(33 * MIB);
    CHECK(buffer != NULL);
    memset(buffer, 1, 33 * MIB);
    long before = minor_faults();
    size_t size = 33 * MIB;
    for (int i = 0; i < 50; i++) {
        size += 100 * KIB;
        buffer = realloc(buffer, size);
        CHECK(buffer != NULL);
        buffer[size - 1] = 1;
    }
    CHECK(minor_faults() - before < 1000);
    CHECK(buffer[0] == 1 && buffer[33 * MIB - 1] == 1);
    // The end given up by shrinking is unmapped at once.
    char *past = buffer + 30 * MIB;
    char *shrunk = realloc(buffer, 20 * MIB);
    CHECK(shrunk != NULL);
    if (shrunk == buffer)
        CHECK(!is_mapped(past));
    free(shrunk);
    return 0;
}
