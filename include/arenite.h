/*
 * arenite.h - the C interface of Arenite 0.1.
 *
 * Arenite replaces the functions that <stdlib.h> and <malloc.h> declare. This header stands for both, with
 * struct mallinfo2 and the M_ constants where an older <malloc.h> lacks them, and adds free_sized and
 * free_aligned_sized (C23), and what is Arenite's own: arenite_version, arenite_verify, arenite_stats,
 * arenite_stats_json, arenite_purge, arenite_heap_walk. The comments here say how each function behaves on
 * Arenite.
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
 *                                size), M_MMAP_MAX, M_ARENA_TEST, M_ARENA_MAX (counts), M_PERTURB (a byte; 0
 *                                ends it) take effect at once and in all threads. M_MXFAST and
 *                                M_CHECK_ACTION have nothing to act on. Always returns 1, for unknown
 *                                parameters, too; errno stays as it is. Source: glibc.
 * mallinfo2()                    Sums over the arenas: arena (bytes from the system), ordblks (free
 *                                blocks), uordblks and fordblks (bytes in use and free, together always
 *                                arena), keepcost (top of the first arena); hblks and hblkhd: number and
 *                                bytes of mmapped chunks, which the others leave out. Blocks in thread
 *                                caches count as in use, free memory that was given back by madvise as
 *                                free; arenite_stats tells them apart. smblks, fsmblks and usmblks are 0.
 *                                mallinfo() is the same cut off to int. Source: glibc 2.43.
 * malloc_stats()                 The sums of each arena and of all, on standard error. Source: glibc.
 * malloc_info(0, stream)         The same as XML on `stream`, with the free blocks by size. The elements
 *                                slab, caches, metadata and purged are Arenite's own. No lock is held
 *                                while `stream` is written to. Returns 0, or EINVAL if the first argument
 *                                is not 0. Source: glibc 2.42.
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

/* Parameters of mallopt; <malloc.h> has those of its version of the C library. */
#ifndef M_MXFAST
#define M_MXFAST 1
#endif
#ifndef M_NLBLKS
#define M_NLBLKS 2
#endif
#ifndef M_GRAIN
#define M_GRAIN 3
#endif
#ifndef M_KEEP
#define M_KEEP 4
#endif
#ifndef M_TRIM_THRESHOLD
#define M_TRIM_THRESHOLD -1
#endif
#ifndef M_TOP_PAD
#define M_TOP_PAD -2
#endif
#ifndef M_MMAP_THRESHOLD
#define M_MMAP_THRESHOLD -3
#endif
#ifndef M_MMAP_MAX
#define M_MMAP_MAX -4
#endif
#ifndef M_CHECK_ACTION
#define M_CHECK_ACTION -5
#endif
#ifndef M_PERTURB
#define M_PERTURB -6
#endif
#ifndef M_ARENA_TEST
#define M_ARENA_TEST -7
#endif
#ifndef M_ARENA_MAX
#define M_ARENA_MAX -8
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* <malloc.h> has mallinfo2 from glibc 2.33 on. */
#ifdef __GLIBC_PREREQ
#if !__GLIBC_PREREQ(2, 33)
struct mallinfo2 {
    size_t arena;
    size_t ordblks;
    size_t smblks;
    size_t hblks;
    size_t hblkhd;
    size_t usmblks;
    size_t fsmblks;
    size_t uordblks;
    size_t fordblks;
    size_t keepcost;
};
struct mallinfo2 mallinfo2(void) ARENITE_NOTHROW;
#endif
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

/*
 * What the heap holds; in bytes but for the counts, which say so. In every answer
 *
 *   system_bytes + mapped_bytes == allocated_bytes + cached_bytes + free_bytes + overhead_bytes
 *
 * Later versions add members at the end.
 */
struct arenite_stats {
    size_t arenas;            /* number of arenas */
    size_t threads;           /* number of threads that have a cache */
    size_t system_bytes;      /* what arenas have from sbrk and mmap */
    size_t system_bytes_max;  /* the most that ever was */
    size_t mapped_chunks;     /* number of blocks with a mapping of their own */
    size_t mapped_chunks_max; /* the most that ever was */
    size_t mapped_bytes;      /* those mappings */
    size_t mapped_bytes_max;  /* the most that ever was */
    size_t metadata_bytes;    /* mapped for the allocator's own structures; in no other member */
    size_t allocated_bytes;   /* blocks that the program has: an object of a slab counts with the size of
                                 its class (what malloc_usable_size says), a chunk with that and its tag
                                 of 8 bytes, a mapped chunk with its mapping */
    size_t cached_blocks;     /* number of blocks that were freed and wait in thread caches */
    size_t cached_bytes;      /* those blocks */
    size_t free_chunks;       /* number of free chunks, tops and waiting regions included */
    size_t free_objects;      /* number of free objects in slabs */
    size_t free_bytes;        /* free chunks and free objects */
    size_t purged_bytes;      /* those of the free bytes without memory behind them: their pages were given
                                 back, or never used; to within a page at each end of a free chunk */
    size_t overhead_bytes;    /* what no block can have: ends of slabs and regions, alignment of the break,
                                 and arenas that were abandoned in a fork, with all that lives in them */
};

/*
 * Copies the first `size` bytes of the statistics, or all if that is less, to `stats`, and returns how many
 * bytes all are: a program that was compiled with a later header finds out by this which members it got.
 * `stats` may be NULL if only that is asked. Never fails.
 * Any thread may call it at any time, in the child of a fork too; it holds one arena's lock at a time, for
 * a moment. Exact while no other thread allocates or frees, else made of moments that lie apart; the
 * equation holds always.
 */
size_t arenite_stats(struct arenite_stats *stats, size_t size) ARENITE_NOTHROW;

/*
 * Writes the statistics as one JSON object (RFC 8259, ASCII) into `buffer`, as snprintf does: at most
 * `size` bytes, the last of them a null; returns the length without it that the whole text has. 16 KiB and 300
 * bytes for each arena are enough. The members are "version" (a string), those of struct arenite_stats, what
 * of them no arena has, the settings "soft_limit" and "hard_limit" in bytes (0 for none), "arena_list" with an
 * object for each arena, and "size_classes" with an object for each size class. Does not allocate. Otherwise as arenite_stats, but for the time, which grows with the
 * number of free chunks.
 */
int arenite_stats_json(char *buffer, size_t size) ARENITE_NOTHROW;

/*
 * Does all that malloc_trim(0) does. Returns how many bytes of pages were given back that had been written
 * to since the system gave them: the process shrinks by about so much, and by no more (of a free chunk, what
 * lies between two such pages counts, too). 0 if there were none. Never fails. Thread safety as for
 * malloc_trim: one arena's lock at a time.
 */
size_t arenite_purge(void) ARENITE_NOTHROW;

/* What arenite_heap_walk says of a block. */
struct arenite_block {
    void *address;  /* where the block begins */
    size_t size;    /* its bytes, as struct arenite_stats counts them */
    int kind;       /* ARENITE_OBJECT, ARENITE_CHUNK or ARENITE_MAPPED */
    int state;      /* ARENITE_ALLOCATED, ARENITE_CACHED or ARENITE_FREE */
    unsigned arena; /* the number of its arena as in malloc_info; UINT_MAX for a mapped chunk */
};

#define ARENITE_OBJECT 0    /* an object of a slab, of up to 1,024 bytes */
#define ARENITE_CHUNK 1     /* a chunk of an arena */
#define ARENITE_MAPPED 2    /* a chunk with a mapping of its own */
#define ARENITE_ALLOCATED 0 /* the program has it */
#define ARENITE_CACHED 1    /* it was freed and waits in a thread's cache */
#define ARENITE_FREE 2      /* it is free */

/*
 * Calls `visit` with every block: arena by arena, in each by rising address, then mapped chunks. Stops when
 * `visit` returns something else than 0, and returns that; else returns 0.
 * No lock is held while `visit` runs, and it may call malloc, free and all other functions; it may leave by
 * longjmp, but not by an exception. A block that lives through the whole walk is visited once. One that comes, goes or
 * moves meanwhile may be visited or not, and may be gone when it is: what `visit` reads there is its own
 * risk. Which blocks of other threads are in a cache is exact while these are quiet. Arenas that were
 * abandoned in a fork are left out.
 */
int arenite_heap_walk(int (*visit)(const struct arenite_block *block, void *context), void *context);

#ifdef __cplusplus
}
#endif

#undef ARENITE_NOTHROW

#endif /* ARENITE_H */
