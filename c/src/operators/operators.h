/*
 * The C++ operators where memory has run out: what they share between the shared library and the
 * archive, and what each of the two has to say about the C++ runtime.
 *
 * It is C so that the build needs no C++ compiler. It is not Rust because exceptions pass through
 * these frames, which a Rust function of a build with `panic = "abort"` never lets happen: the
 * compiler puts a landing pad that aborts around every call that may unwind.
 */
#ifndef ARENITE_OPERATORS_H
#define ARENITE_OPERATORS_H

#include <stddef.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* Of the C++ runtime and its unwinder: what is called once memory has run out. */
enum runtime_function {
    GET_NEW_HANDLER, /* std::get_new_handler() */
    THROW_BAD_ALLOC, /* std::__throw_bad_alloc() */
    BEGIN_CATCH,     /* __cxa_begin_catch */
    END_CATCH,       /* __cxa_end_catch */
    SET_IP,          /* _Unwind_SetIP */
    SET_GR,          /* _Unwind_SetGR */
    RUNTIME_FUNCTIONS
};

/*
 * The address of a function of the runtime, or NULL without a runtime. `caller` is NULL, or an address
 * in the library whose own function is meant. Allocates nothing. Defined by shared.c and by static.c.
 */
HIDDEN void *arenite_runtime(enum runtime_function function, const void *caller);

/* operator new(size) and the others whose blocks do not come from a thread's cache. */
HIDDEN void *arenite_new(size_t size);
HIDDEN void *arenite_new_nothrow(size_t size);
HIDDEN void *arenite_new_aligned(size_t size, size_t alignment);
HIDDEN void *arenite_new_aligned_nothrow(size_t size, size_t alignment);

/* allocate(size, alignment), or NULL if it throws. */
HIDDEN void *arenite_catch(void *(*allocate)(size_t, size_t), size_t size, size_t alignment);

/* The functions of malloc; declared here, so that no C++ attribute of a header is in the way. */
void *malloc(size_t size);
void *memalign(size_t alignment, size_t size);
void free(void *block);

#endif
