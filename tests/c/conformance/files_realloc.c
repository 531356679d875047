// A block in a file that grows moves into a larger file with room to grow; one that shrinks gives back what it
// does not need. Contents stay.
// shows: extensions: ARENITE_OPTIONS file_dir, realloc
// env: ARENITE_OPTIONS=file_dir=/tmp
// glibc: no
#include "../files.h"

int main(void)
{
    unsigned char *block = malloc(200 * KIB);
    CHECK(block != NULL);
    size_t size = 200 * KIB;
    fill(block, size, 1);
    unsigned moves = 0;
    while (size < 30 * MIB) {
        size_t larger = size + size / 20 + 1000;
        unsigned char *now = realloc(block, larger);
        CHECK(now != NULL && lies_in_file(now));
        moves += now != block;
        block = now;
        // What is new is the program's to write to its last byte.
        for (size_t i = size; i < larger; i++)
            block[i] = pattern_byte(i, 1);
        size = larger;
    }
    CHECK(holds(block, size, 1));
    // About 100 steps of a twentieth.
    CHECK_AT(moves >= 10 && moves <= 35, moves);
    CHECK(malloc_usable_size(block) >= size && malloc_usable_size(block) <= size + size / 4 + 4096);
    while (size > 100 * KIB) {
        size -= size / 3;
        block = realloc(block, size);
        CHECK(block != NULL && holds(block, size, 1));
        CHECK_AT(mallinfo2().hblkhd <= size + size / 2 + 100 * KIB, mallinfo2().hblkhd);
    }
    // From the heap into a file, even if it could grow where it is.
    char *other = malloc(50000);
    CHECK(other != NULL && !lies_in_file(other));
    fill(other, 50000, 2);
    other = realloc(other, 3 * MIB);
    CHECK(other != NULL && lies_in_file(other) && holds(other, 50000, 2));
    free(other);
    free(block);
    CHECK(mallinfo2().hblks == 0);
    return 0;
}
