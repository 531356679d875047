// malloc_usable_size: 0 for NULL; at least the size asked for; constant for the life of the block;
// every usable byte can be written, belongs to this block alone and is preserved by realloc.
// shows: functions: malloc_usable_size, constant and all of it usable
#include "check.h"

int main(void)
{
    CHECK(malloc_usable_size(NULL) == 0);
    enum { COUNT = 900 };
    static char *blocks[COUNT];
    static size_t usable[COUNT];
    for (int round = 0; round < 3; round++) {
        size_t size = 0;
        for (unsigned i = 0; i < COUNT; i++) {
            size_t request = size;
            blocks[i] = round == 0 ? malloc(request) : round == 1 ? memalign(64, request) : calloc(1, request);
            CHECK_AT(blocks[i] != NULL, request);
            usable[i] = malloc_usable_size(blocks[i]);
            CHECK_AT(usable[i] >= request, request);
            // Not absurdly more, either: a page, or an eighth and 64 bytes.
            CHECK_AT(usable[i] <= request + request / 8 + 4096 + 64, request);
            fill(blocks[i], usable[i], i);
            size += i < 700 ? 3 : i < 890 ? 512 : 40000;
        }
        for (unsigned i = 0; i < COUNT; i++) {
            CHECK_AT(malloc_usable_size(blocks[i]) == usable[i], usable[i]);
            CHECK_AT(holds(blocks[i], usable[i], i), usable[i]);
        }
        for (unsigned i = 0; i < COUNT; i++) {
            // realloc keeps all that was usable, whether the block grows or not.
            if (i % 3 == 0) {
                blocks[i] = realloc(blocks[i], usable[i]);
                CHECK_AT(blocks[i] != NULL, usable[i]);
                CHECK_AT(holds(blocks[i], usable[i], i), usable[i]);
            } else if (i % 3 == 1) {
                blocks[i] = realloc(blocks[i], usable[i] * 2 + 100);
                CHECK_AT(blocks[i] != NULL, usable[i]);
                CHECK_AT(holds(blocks[i], usable[i], i), usable[i]);
            }
            free(blocks[i]);
        }
    }
    return 0;
}
