// shows: mallopt: calloc reads as zero under M_PERTURB
// calloc gives zeros whatever M_PERTURB is: in fresh memory, in memory that was freed (and filled), in
// mappings and at the heap's end.
#include "../perturb.h"

int main(void)
{
    static const int values[] = { PERTURB, 0xff, 1 };
    for (size_t k = 0; k < 3; k++) {
        set_perturb(values[k]);
        for (size_t i = 0; i < PERTURB_SIZES; i++) {
            size_t size = perturb_sizes[i];
            void *blocks[40];
            for (int round = 0; round < 3; round++) {
                for (int j = 0; j < 40; j++) {
                    if (size > 60000 && j >= 3)
                        break;
                    blocks[j] = calloc(1, size);
                    CHECK_AT(blocks[j] != NULL && is_zero(blocks[j], size), size);
                    memset(blocks[j], 0x33, malloc_usable_size(blocks[j]));
                }
                for (int j = 0; j < 40; j++) {
                    if (size > 60000 && j >= 3)
                        break;
                    free(blocks[j]);
                }
                malloc_trim(0);
            }
        }
    }
    return 0;
}
