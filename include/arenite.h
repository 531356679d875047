/*
 * arenite.h - the C interface of Arenite 0.1.
 *
 * Arenite replaces the functions that <stdlib.h> and <malloc.h> declare; a program needs this header
 * only for what those two lack: free_sized, free_aligned_sized (C23), arenite_version, arenite_verify.
 * The comments here say how each function behaves on Arenite.
 *
 * Common to all of them:
 *
 *   Units          Sizes and alignments are in bytes.
 *   Alignment      Every block is aligned to 16 bytes at least, those of size 0 and 1 too.
 *   Errors         A request that cannot be met returns NULL with errno set to ENOMEM, and changes
 *                  nothing. So does one of more than PTRDIFF_MAX bytes. Misuse that is found (a
 *                  pointer that is no block, a block freed twice, an overwritten boundary tag) ends
 *                  the process: one line on standard error, then SIGABRT.
 *   Thread safety  All may be called from any thread at any time, and a block may be freed by another
 *                  thread than the one that allocated it. In a child of fork, too, all may be called
 *                  at once. None is async-signal-safe: a signal handler must not call them.
 *
 * malloc(size)                   A block of at least `size` bytes, its content undefined. Size 0 gives
 *                                a block of its own, to be freed like any other.
 *                                Errors: ENOMEM. Source: C17 7.22.3.4.
 * calloc(count, size)            A block of count * size bytes that are zero. Errors: ENOMEM, also if
 *                                the product overflows. Source: C17 7.22.3.2.
 * free(block)                    Gives a block back; NULL does nothing. errno stays as it is.
 *                                Source: C17 7.22.3.3, POSIX.1-2024.
 * realloc(block, size)           Resizes a block, in place where possible; returns where it is now, its
 *                                content kept up to the smaller size. NULL allocates. Size 0 frees the
 *                                block and returns NULL, errno untouched (as glibc does). Errors:
 *                                ENOMEM, and the block stays as it was. Source: C17 7.22.3.5.
 * reallocarray(block, count, size)
 *                                realloc to count * size bytes. Errors: ENOMEM, also if the product
 *                                overflows. Source: POSIX.1-2024.
 * aligned_alloc(alignment, size) A block at a multiple of `alignment`; `size` may be anything. Errors:
 *                                EINVAL if `alignment` is no power of two (0 is none), ENOMEM.
 *                                Source: C17 7.22.3.1, glibc 2.38.
 * posix_memalign(&block, alignment, size)
 *                                The same; returns 0, EINVAL (`alignment` is no power of two or no
 *                                multiple of sizeof(void *)) or ENOMEM. On failure neither errno nor
 *                                `block` changes. Source: POSIX.1-2024.
 * memalign(alignment, size)      The same; an alignment that is no power of two is rounded up to one.
 *                                Errors: EINVAL if that overflows, ENOMEM. Source: glibc.
 * valloc(size)                   A block aligned to a page. Errors: ENOMEM. Source: glibc.
 * pvalloc(size)                  The same, of whole pages. Errors: ENOMEM. Source: glibc.
 * malloc_usable_size(block)      The bytes that may be used of a block, the size asked for or more; the
 *                                same for as long as the block lives unless realloc changes it. 0 for
 *                                NULL and for what is not a block in use. Source: glibc.
 * malloc_trim(pad)               Gives free memory of all arenas back to the system, the calling
 *                                thread's cache included; `pad` bytes of the first arena's top stay.
 *                                Returns 1 if anything was given back, else 0. Source: glibc.
 * mallopt(parameter, value)      M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD (bytes; -1 is the largest
 *                                size), M_MMAP_MAX, M_ARENA_TEST, M_ARENA_MAX (counts) take effect, all
 *                                others do nothing. Always returns 1. Source: glibc.
 * mallinfo2()                    Sums over the arenas: arena (bytes from the system), ordblks (free
 *                                chunks), uordblks and fordblks (bytes in use and free), keepcost (top
 *                                of the first arena); hblks and hblkhd: number and bytes of mmapped
 *                                chunks, which the others leave out. Blocks in thread caches count as
 *                                in use, free memory that was given back by madvise as free. The other
 *                                members are 0. mallinfo() is the same cut off to int. Source: glibc.
 * malloc_stats()                 The sums of each arena and of all, on standard error. Source: glibc.
 * malloc_info(0, stream)         The same as XML on `stream`, without glibc's list of sizes. Returns 0,
 *                                or EINVAL if the first argument is not 0. Source: glibc.
 *
 * C++: operator new and operator delete, all twenty replaceable forms, are exported too and declared by
 * <new>. Their blocks are malloc's: malloc_usable_size takes them, free and delete are one. The
 * nothrow forms return NULL where the others throw std::bad_alloc, after the new_handler; an
 * alignment that is no power of two counts as no memory. errno says nothing. Without a C++ runtime in
 * the process a throwing new that fails prints one line and aborts. Source: C++20 17.6.3, libstdc++.
 *
 * For old programs, cfree and the C library's internal names (__libc_malloc and so on) are exported as
 * well, without declarations.
 */
#ifndef ARENITE_H
#define ARENITE_H

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#if defined __cplusplus && __cplusplus >= 201103L
#define ARENITE_NOTHROW noexcept
#elif defined __cplusplus
#define ARENITE_NOTHROW throw()
#else
#define ARENITE_NOTHROW
#endif

/* The C library declares these two from glibc 2.43 on, for C23. */
#if defined __GLIBC_PREREQ && defined __GLIBC_USE
#if __GLIBC_PREREQ(2, 43) && __GLIBC_USE(ISOC23)
#define ARENITE_HAS_SIZED_FREE 1
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARENITE_HAS_SIZED_FREE
/*
 * free, for a block that malloc, calloc or realloc returned for `size` bytes. The size is not looked
 * at. errno stays as it is.
 * Source: C23 7.24.3.4.
 */
void free_sized(void *block, size_t size) ARENITE_NOTHROW;

/*
 * free, for a block that aligned_alloc returned for this alignment and size. Neither is looked at.
 * errno stays as it is.
 * Source: C23 7.24.3.5.
 */
void free_aligned_sized(void *block, size_t alignment, size_t size) ARENITE_NOTHROW;
#endif

/*
 * The version of the library, such as "0.1.0": a string for ever. Never fails. A program that must
 * also run without Arenite declares this weak, or looks it up with dlsym.
 */
const char *arenite_version(void) ARENITE_NOTHROW;

/*
 * Checks every structure of the heap, arena by arena: boundary tags, bins, slabs, bitmaps and counts.
 * Returns 0 if all is right; else 1, after one line on standard error that says which rule does not
 * hold. Takes time in proportion to the heap, and holds an arena's lock while it walks it; other
 * threads may go on. Blocks in thread caches count as in use; mmapped chunks and arenas that were
 * abandoned in a fork are not looked at. For tests and for finding where a heap was overwritten.
 */
int arenite_verify(void) ARENITE_NOTHROW;

#ifdef __cplusplus
}
#endif

#undef ARENITE_NOTHROW

#endif /* ARENITE_H */
