/*
 * The C++ operators of libarenite.a: a member of their own, which the linker takes only into programs
 * that use them.
 *
 * All are weak and those of one kind call each other as libstdc++'s do, so that a program may replace
 * any of them: its own is then linked instead, without being defined twice.
 *
 * The references to the C++ runtime are weak, since with --whole-archive this member gets into C
 * programs, too. Weak references take nothing out of libstdc++.a, but what they lack is never missed:
 *
 *   std::get_new_handler    lies beside std::set_new_handler; without that there is no handler
 *   __cxa_*, _Unwind_*      are needed when a handler throws, and __cxa_throw brings them along
 *   std::__throw_bad_alloc  is taken in by the name below. That is for libstdc++; a wholly static
 *                           program with libc++ needs -Wl,-u,_ZSt17__throw_bad_allocv
 */
#include "operators.h"

void *std_get_new_handler(void) __asm__("_ZSt15get_new_handlerv") __attribute__((weak));
void std_throw_bad_alloc(void) __asm__("_ZSt17__throw_bad_allocv") __attribute__((weak));
void *cxa_begin_catch(void *) __asm__("__cxa_begin_catch") __attribute__((weak));
void cxa_end_catch(void) __asm__("__cxa_end_catch") __attribute__((weak));
void unwind_set_ip(void) __asm__("_Unwind_SetIP") __attribute__((weak));
void unwind_set_gr(void) __asm__("_Unwind_SetGR") __attribute__((weak));

/*
 * std::__throw_bad_cast(), the neighbour of __throw_bad_alloc in libstdc++'s functexcept.o. Nothing
 * refers to it, so it is no error where it does not exist; but the linker searches archives for it.
 */
__asm__(".globl _ZSt16__throw_bad_castv");

void *arenite_runtime(enum runtime_function function, const void *caller)
{
    (void)caller;
    switch (function) {
    case GET_NEW_HANDLER: return std_get_new_handler;
    case THROW_BAD_ALLOC: return std_throw_bad_alloc;
    case BEGIN_CATCH: return cxa_begin_catch;
    case END_CATCH: return cxa_end_catch;
    case SET_IP: return unwind_set_ip;
    case SET_GR: return unwind_set_gr;
    default: return NULL;
    }
}

#define WEAK(name) __asm__(name) __attribute__((weak, visibility("default")))

void *new(size_t) WEAK("_Znwm");
void *new_array(size_t) WEAK("_Znam");
void *new_nothrow(size_t, const void *) WEAK("_ZnwmRKSt9nothrow_t");
void *new_array_nothrow(size_t, const void *) WEAK("_ZnamRKSt9nothrow_t");
void *new_aligned(size_t, size_t) WEAK("_ZnwmSt11align_val_t");
void *new_array_aligned(size_t, size_t) WEAK("_ZnamSt11align_val_t");
void *new_aligned_nothrow(size_t, size_t, const void *) WEAK("_ZnwmSt11align_val_tRKSt9nothrow_t");
void *new_array_aligned_nothrow(size_t, size_t, const void *)
    WEAK("_ZnamSt11align_val_tRKSt9nothrow_t");

void *new(size_t size)
{
    void *block = malloc(size);
    return block != NULL ? block : arenite_new(size);
}

void *new_array(size_t size) { return new(size); }

void *new_aligned(size_t size, size_t alignment) { return arenite_new_aligned(size, alignment); }

void *new_array_aligned(size_t size, size_t alignment) { return new_aligned(size, alignment); }

/* For arenite_catch, which passes an alignment to all. */
static void *call_new(size_t size, size_t unused)
{
    (void)unused;
    return new(size);
}

static void *call_new_array(size_t size, size_t unused)
{
    (void)unused;
    return new_array(size);
}

void *new_nothrow(size_t size, const void *tag)
{
    (void)tag;
    return arenite_catch(call_new, size, 0);
}

void *new_array_nothrow(size_t size, const void *tag)
{
    (void)tag;
    return arenite_catch(call_new_array, size, 0);
}

void *new_aligned_nothrow(size_t size, size_t alignment, const void *tag)
{
    (void)tag;
    return arenite_catch(new_aligned, size, alignment);
}

void *new_array_aligned_nothrow(size_t size, size_t alignment, const void *tag)
{
    (void)tag;
    return arenite_catch(new_array_aligned, size, alignment);
}

void delete(void *) WEAK("_ZdlPv");
void delete_array(void *) WEAK("_ZdaPv");
void delete_sized(void *, size_t) WEAK("_ZdlPvm");
void delete_array_sized(void *, size_t) WEAK("_ZdaPvm");
void delete_nothrow(void *, const void *) WEAK("_ZdlPvRKSt9nothrow_t");
void delete_array_nothrow(void *, const void *) WEAK("_ZdaPvRKSt9nothrow_t");
void delete_aligned(void *, size_t) WEAK("_ZdlPvSt11align_val_t");
void delete_array_aligned(void *, size_t) WEAK("_ZdaPvSt11align_val_t");
void delete_sized_aligned(void *, size_t, size_t) WEAK("_ZdlPvmSt11align_val_t");
void delete_array_sized_aligned(void *, size_t, size_t) WEAK("_ZdaPvmSt11align_val_t");
void delete_aligned_nothrow(void *, size_t, const void *)
    WEAK("_ZdlPvSt11align_val_tRKSt9nothrow_t");
void delete_array_aligned_nothrow(void *, size_t, const void *)
    WEAK("_ZdaPvSt11align_val_tRKSt9nothrow_t");

void delete(void *block) { free(block); }

void delete_array(void *block) { delete(block); }

void delete_sized(void *block, size_t size)
{
    (void)size;
    delete(block);
}

void delete_array_sized(void *block, size_t size)
{
    (void)size;
    delete_array(block);
}

void delete_nothrow(void *block, const void *tag)
{
    (void)tag;
    delete(block);
}

void delete_array_nothrow(void *block, const void *tag)
{
    (void)tag;
    delete_array(block);
}

void delete_aligned(void *block, size_t alignment)
{
    (void)alignment;
    free(block);
}

void delete_array_aligned(void *block, size_t alignment) { delete_aligned(block, alignment); }

void delete_sized_aligned(void *block, size_t size, size_t alignment)
{
    (void)size;
    delete_aligned(block, alignment);
}

void delete_array_sized_aligned(void *block, size_t size, size_t alignment)
{
    (void)size;
    delete_array_aligned(block, alignment);
}

void delete_aligned_nothrow(void *block, size_t alignment, const void *tag)
{
    (void)tag;
    delete_aligned(block, alignment);
}

void delete_array_aligned_nothrow(void *block, size_t alignment, const void *tag)
{
    (void)tag;
    delete_array_aligned(block, alignment);
}
