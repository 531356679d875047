/*
 * The number of the calling thread, for the feature `counts` alone: 1, 2, ... in the order of first calls.
 * Never used again, unlike addresses of threads.
 */
#include <stdatomic.h>
#include <stdint.h>

static _Atomic uint32_t newest;

__attribute__((tls_model("initial-exec"))) static __thread uint32_t own;

__attribute__((visibility("hidden"))) uint32_t arenite_thread_number(void) {
    if (own == 0)
        own = atomic_fetch_add(&newest, 1) + 1;
    return own;
}
