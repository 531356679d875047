/*
 * What Rust cannot say on its stable channel: an initial-exec thread-local variable.
 *
 * Before a thread's first call its cache is a block of zeros, which read as a thread cache is one whose
 * every stack is both full and empty, so that the fast paths need no "initialised?" test.
 */

/* As large as the part of a thread cache that the fast paths read (checked in tcache/cache.rs). */
__attribute__((visibility("hidden"), aligned(64))) const char arenite_empty_cache[2688] = {0};

struct thread_words {
    const char *cache; /* where the fast paths look */
    const char *share; /* the thread's share of the heap; null before its first call */
};

__attribute__((visibility("hidden"), tls_model("initial-exec")))
__thread struct thread_words arenite_thread_words = {arenite_empty_cache, 0};

/* For targets without an assembly accessor in os/tls.rs. */
__attribute__((visibility("hidden"))) struct thread_words *arenite_thread_slot(void) {
    return &arenite_thread_words;
}

/*
 * Where glibc keeps the last words of a process for debuggers and crash reporters. Weak: another C
 * library has no such variable. As glibc declares it: the size of the whole structure, then the text.
 */
extern const void *__abort_msg __attribute__((weak));

__attribute__((visibility("hidden"))) void arenite_set_abort_message(const void *message) {
    if (&__abort_msg != 0)
        __abort_msg = message;
}
