// shows: thresholds: dynamic mmap threshold, as the system calls show it
// Says on stdout what it is about to do, so that a trace of its system calls can be compared with the rule
// for the mmap threshold: "malloc SIZE", "realloc ADDRESS SIZE", "free ADDRESS", each followed by "done
// ADDRESS"; in between "prepare", when the heap's free end is used up. Blocks of the heap are never freed, so
// that nothing is free there. Arguments: seed, largest size.
#include "settings.h"

enum { STEPS = 40, KEPT = 4 };

static void say(const char *format, ...)
{
    char line[100];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    CHECK(write(1, line, (size_t)length) == length);
}

static void free_block(char *block)
{
    say("free %p\n", (void *)block);
    free(block);
    say("done 0x0\n");
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    uint64_t state = strtoull(argv[1], NULL, 0) * 77 + 1;
    size_t largest = strtoull(argv[2], NULL, 0);
    char *kept[KEPT] = { NULL };
    for (int step = 0; step < STEPS; step++) {
        say("prepare\n");
        exhaust_top();
        // Around the first threshold, or anywhere up to the largest.
        size_t size = step < 4 ? 131046 + (size_t)step : largest / 32 + next_random(&state) % (largest - largest / 32);
        say("malloc %zu\n", size);
        char *block = malloc(size);
        CHECK(block != NULL);
        say("done %p\n", (void *)block);
        if (is_below_break(block))
            continue;
        if (next_random(&state) % 4 == 0) {
            // A mapped block stays one, however small it becomes (but for what glibc can't map).
            size = 140 * KIB + next_random(&state) % largest;
            say("realloc %p %zu\n", (void *)block, size);
            block = realloc(block, size);
            CHECK(block != NULL);
            say("done %p\n", (void *)block);
        }
        char **place = &kept[next_random(&state) % KEPT];
        if (*place != NULL)
            free_block(*place);
        *place = block;
        if (next_random(&state) % 2 == 0) {
            free_block(block);
            *place = NULL;
        }
    }
    return 0;
}
