/*
 * What Rust cannot say on its stable channel: an initial-exec thread-local variable.
 *
 * Before a thread's first call the word points to a block of zeros, which read as a thread cache is
 * one whose every stack is both full and empty, so that the fast paths need no "initialised?" test.
 */

/* As large as the part of a thread cache that the fast paths read (checked in tcache/cache.rs). */
__attribute__((visibility("hidden"), aligned(64))) const char arenite_empty_cache[2560] = {0};

__attribute__((visibility("hidden"), tls_model("initial-exec")))
__thread const char *arenite_thread_word = arenite_empty_cache;

/* For targets without an assembly accessor in os/tls.rs. */
__attribute__((visibility("hidden"))) const char **arenite_thread_slot(void) {
    return &arenite_thread_word;
}

/* The same for a thread that has ended. Another object, since the two states differ by address; not
 * const-merged with the first for the same reason. */
__attribute__((visibility("hidden"), aligned(64))) const char arenite_ended_cache[2560] = {0};
