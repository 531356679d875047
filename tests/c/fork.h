// Shared by the tests of fork: a child that uses the allocator at once, and waiting for it.
#ifndef ARENITE_TESTS_FORK_H
#define ARENITE_TESTS_FORK_H

#include "check.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

// Allocates, resizes and frees through all size ranges; every call must return.
__attribute__((unused)) static void use_allocator(unsigned seed)
{
    uint64_t state = seed * 2654435761u + 1;
    char *blocks[64];
    size_t sizes[64];
    for (unsigned i = 0; i < 64; i++) {
        sizes[i] = i < 60 ? 1 + random_size(&state) % 30000 : i * 10000;
        blocks[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        fill_sparsely(blocks[i], sizes[i], i);
    }
    for (unsigned i = 0; i < 64; i++) {
        CHECK(holds_sparsely(blocks[i], sizes[i], i));
        if (i % 4 == 0) {
            blocks[i] = realloc(blocks[i], sizes[i] + 3000);
            CHECK(blocks[i] != NULL);
        }
    }
    for (unsigned i = 0; i < 64; i++)
        free(blocks[i]);
}

// Waits for the child, which must end with status 0.
__attribute__((unused)) static void wait_for(pid_t child)
{
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(child, &status, 0)) == -1 && errno == EINTR)
        ;
    CHECK(ended == child);
    CHECK_AT(status == 0, (size_t)status);
}

// A child that hangs is ended by its own alarm, and then fails wait_for.
__attribute__((unused)) static void set_watchdog(unsigned seconds)
{
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);
}

#endif
