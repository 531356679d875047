// How long single calls take, in a mixed workload: `latency OPERATIONS`. It prints one line, the
// times in nanoseconds:
//
//     operations=N overhead=A p50=B p99=C p99.9=D max=E quiet_max=F quiet_calls=G checksum=X
//
// Every call is timed with the time-stamp counter, whose own cost (`overhead`, which is in the others)
// is found by timing nothing. `max` has everything in it: page faults, and what the system did instead
// of running this thread. `quiet_max` is from a second pass that asks for the counts of page faults
// and of switches to other threads before and after each call, and takes only the calls that had neither.
#include "workload.h"

#include <sys/resource.h>
#include <x86intrin.h>

// ---- time-stamp counter ----

static inline uint64_t ticks_now(void) {
    unsigned processor;
    uint64_t ticks = __rdtscp(&processor);
    _mm_lfence();
    return ticks;
}

static double ns_per_tick(void) {
    double from = seconds_now();
    uint64_t ticks = ticks_now();
    while (seconds_now() - from < 0.02) continue;
    double seconds = seconds_now() - from;
    return seconds * 1e9 / (double)(ticks_now() - ticks);
}

// ---- counts of times: 32 steps a doubling, so that a time is known to 3 % ----

enum { STEPS = 32, SHIFT = 5, DOUBLINGS = 48 };

struct times {
    uint64_t counts[DOUBLINGS * STEPS], total, longest;
};

static unsigned place_of(uint64_t ticks) {
    if (ticks < STEPS) return (unsigned)ticks;
    unsigned doubling = 63 - (unsigned)__builtin_clzll(ticks) - SHIFT;
    unsigned place = (doubling + 1) * STEPS + (unsigned)(ticks >> doubling) - STEPS;
    return place < DOUBLINGS * STEPS ? place : DOUBLINGS * STEPS - 1;
}

static uint64_t least_at(unsigned place) {
    if (place < STEPS) return place;
    unsigned doubling = place / STEPS - 1;
    return (uint64_t)(STEPS + place % STEPS) << doubling;
}

static void add_time(struct times *times, uint64_t ticks) {
    times->counts[place_of(ticks)]++;
    times->total++;
    if (ticks > times->longest) times->longest = ticks;
}

// The time that the given share of the calls did not exceed.
static uint64_t quantile(const struct times *times, double share) {
    uint64_t wanted = (uint64_t)((double)times->total * share), below = 0;
    for (unsigned place = 0; place < DOUBLINGS * STEPS; place++) {
        below += times->counts[place];
        if (below > wanted) return least_at(place);
    }
    return times->longest;
}

// ---- is a call quiet? ----

struct disturbances {
    long faults, switches;
};

static struct disturbances disturbances_now(void) {
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (struct disturbances){usage.ru_minflt + usage.ru_majflt, usage.ru_nivcsw + usage.ru_nvcsw};
}

enum pass { EVERY_CALL, QUIET_CALLS };

struct pass_state {
    enum pass pass;
    struct times times;
    struct disturbances before;
    uint64_t started;
};

static inline void call_begins(struct pass_state *state) {
    if (state->pass == QUIET_CALLS) state->before = disturbances_now();
    state->started = ticks_now();
}

static inline void call_ended(struct pass_state *state) {
    uint64_t ticks = ticks_now() - state->started;
    if (state->pass == QUIET_CALLS) {
        struct disturbances after = disturbances_now();
        if (after.faults != state->before.faults || after.switches != state->before.switches) return;
    }
    add_time(&state->times, ticks);
}

// ---- the calls ----

// Of 1,000 calls about 900 are small, 80 medium, 19 large and 1 huge, and some of each grow later.
static size_t mixed_size(struct generator *random) {
    uint64_t kind = random_below(random, 1000);
    if (kind < 900) return random_size(random, 4, 10);
    if (kind < 980) return random_size(random, 10, 15);
    if (kind < 999) return random_size(random, 15, 19);
    return random_size(random, 19, 23);
}

static uint64_t mixed_calls(struct pass_state *state, uint64_t operations) {
    enum { COUNT = 20000 };
    static void *blocks[COUNT];
    struct generator random = random_from(10);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < operations; i++) {
        void **place = &blocks[random_below(&random, COUNT)];
        size_t size = mixed_size(&random);
        if (*place && i % 16 == 0) {
            sum += value_of(*place);
            call_begins(state);
            *place = realloc(*place, size);
            call_ended(state);
        } else {
            if (*place) {
                sum += value_of(*place);
                call_begins(state);
                free(*place);
                call_ended(state);
            }
            call_begins(state);
            *place = malloc(size);
            call_ended(state);
        }
        written_all(*place, size, i);
    }
    for (int i = 0; i < COUNT; i++) {
        sum += take_back(blocks[i]);
        blocks[i] = NULL;
    }
    return sum;
}

static uint64_t ticks_of_nothing(void) {
    static struct pass_state state;
    for (int i = 0; i < 100000; i++) {
        call_begins(&state);
        call_ended(&state);
    }
    return quantile(&state.times, 0.5);
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "which") == 0) {
        print_origin_of_malloc();
        return 0;
    }
    uint64_t operations = count == 2 ? strtoull(words[1], NULL, 10) : 0;
    if (operations == 0) {
        dprintf(2, "usage: %s OPERATIONS\n", words[0]);
        return 2;
    }
    static struct pass_state every = {.pass = EVERY_CALL}, quiet = {.pass = QUIET_CALLS};
    double scale = ns_per_tick();
    double overhead = (double)ticks_of_nothing() * scale;
    uint64_t sum = mixed_calls(&every, operations);
    sum = sum * 3 + mixed_calls(&quiet, operations / 4);
    // Without floating point in printf, which may allocate.
#define NS(ticks) (unsigned long)((double)(ticks) * scale + 0.5)
    dprintf(1, "operations=%lu overhead=%lu p50=%lu p99=%lu p99.9=%lu max=%lu quiet_max=%lu "
               "quiet_calls=%lu checksum=%016lx\n",
            (unsigned long)operations, (unsigned long)(overhead + 0.5), NS(quantile(&every.times, 0.5)),
            NS(quantile(&every.times, 0.99)), NS(quantile(&every.times, 0.999)), NS(every.times.longest),
            NS(quiet.times.longest), (unsigned long)quiet.times.total, (unsigned long)sum);
    return 0;
}
