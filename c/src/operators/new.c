/*
 * operator new, behind the thread's cache: the loop over new_handler, std::bad_alloc, and the forms that
 * return NULL instead.
 *
 *   new                         nothrow new
 *    └ allocate ── handler()     └ arenite_catch ── allocate ── handler()
 *    └ std::__throw_bad_alloc         └ what the handler throws ends here
 *
 * Source: C++20 [new.delete.single]; libstdc++'s new_op.cc, new_opa.cc, new_opnt.cc.
 */
#include "operators.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <unwind.h>

typedef void handler(void);

/* A block; or NULL when there is no memory and no new_handler left to ask. Alignment 0: malloc's. */
static void *allocate(size_t size, size_t alignment)
{
    for (;;) {
        void *block = alignment == 0 ? malloc(size) : memalign(alignment, size);
        if (block != NULL)
            return block;
        handler *(*get_new_handler)(void) = arenite_runtime(GET_NEW_HANDLER, NULL);
        handler *current = get_new_handler != NULL ? get_new_handler() : NULL;
        if (current == NULL)
            return NULL;
        current();
    }
}

/* Never returns: a throwing new must not. Without a C++ runtime nobody could catch anything. */
__attribute__((noreturn, cold)) static void throw_bad_alloc(void)
{
    static const char text[] =
        "arenite: operator new: out of memory, and no C++ runtime to throw std::bad_alloc\n";
    void (*throw)(void) = arenite_runtime(THROW_BAD_ALLOC, NULL);
    if (throw != NULL)
        throw();
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    abort();
}

static int is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

void *arenite_new(size_t size)
{
    void *block = allocate(size, 0);
    if (block == NULL)
        throw_bad_alloc();
    return block;
}

void *arenite_new_aligned(size_t size, size_t alignment)
{
    void *block = is_power_of_two(alignment) ? allocate(size, alignment) : NULL;
    if (block == NULL)
        throw_bad_alloc();
    return block;
}

void *arenite_new_nothrow(size_t size)
{
    return arenite_catch(allocate, size, 0);
}

void *arenite_new_aligned_nothrow(size_t size, size_t alignment)
{
    return is_power_of_two(alignment) ? arenite_catch(allocate, size, alignment) : NULL;
}

/*
 * arenite_catch is `try { return allocate(size, alignment); } catch (...) { return NULL; }`.
 *
 * C has no catch, and the C++ compiler's would need __gxx_personality_v0, which the shared library can't
 * refer to: the C++ runtime may come into the process later than it. So the frame has a personality
 * routine of its own, which stops every exception at arenite_caught; no table is needed.
 */
__asm__(".pushsection .text.arenite_catch, \"ax\", @progbits\n"
        ".p2align 4\n"
        ".globl arenite_catch\n"
        ".hidden arenite_catch\n"
        ".type arenite_catch, @function\n"
        "arenite_catch:\n"
        "    .cfi_startproc\n"
        "    .cfi_personality 0x1b, arenite_personality\n" /* relative to here, 4 bytes */
        "    subq $8, %rsp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    movq %rdi, %rax\n"
        "    movq %rsi, %rdi\n"
        "    movq %rdx, %rsi\n"
        "    call *%rax\n"
        "    jmp 1f\n"
        ".globl arenite_caught\n"
        ".hidden arenite_caught\n"
        "arenite_caught:\n" /* the exception is in rax */
        "    movq %rax, %rdi\n"
        "    call arenite_swallow\n"
        "    xorl %eax, %eax\n"
        "1:\n"
        "    addq $8, %rsp\n"
        "    .cfi_def_cfa_offset 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size arenite_catch, . - arenite_catch\n"
        ".popsection\n");

extern const char arenite_caught[] HIDDEN;
HIDDEN void arenite_swallow(struct _Unwind_Exception *exception);
HIDDEN _Unwind_Reason_Code arenite_personality(int version, _Unwind_Action actions,
                                               _Unwind_Exception_Class kind,
                                               struct _Unwind_Exception *exception,
                                               struct _Unwind_Context *context);

/* The body of catch (...) {}. */
void arenite_swallow(struct _Unwind_Exception *exception)
{
    void *(*begin_catch)(void *) = arenite_runtime(BEGIN_CATCH, NULL);
    void (*end_catch)(void) = arenite_runtime(END_CATCH, NULL);
    if (begin_catch == NULL || end_catch == NULL)
        abort();
    begin_catch(exception);
    end_catch();
}

/* What the unwinder asks at arenite_catch's frame. The end of a thread passes, as it must. */
_Unwind_Reason_Code arenite_personality(int version, _Unwind_Action actions,
                                        _Unwind_Exception_Class kind,
                                        struct _Unwind_Exception *exception,
                                        struct _Unwind_Context *context)
{
    (void)kind;
    if (version != 1)
        return _URC_FATAL_PHASE1_ERROR;
    if (actions & _UA_FORCE_UNWIND)
        return _URC_CONTINUE_UNWIND;
    if (actions & _UA_SEARCH_PHASE)
        return _URC_HANDLER_FOUND;
    if (!(actions & _UA_HANDLER_FRAME))
        return _URC_CONTINUE_UNWIND;
    /* Two unwinders may be in the process: the context is of the one that calls. */
    const void *unwinder = __builtin_return_address(0);
    void (*set_gr)(struct _Unwind_Context *, int, _Unwind_Word) = arenite_runtime(SET_GR, unwinder);
    void (*set_ip)(struct _Unwind_Context *, _Unwind_Ptr) = arenite_runtime(SET_IP, unwinder);
    if (set_gr == NULL || set_ip == NULL)
        return _URC_FATAL_PHASE2_ERROR;
    set_gr(context, __builtin_eh_return_data_regno(0), (_Unwind_Word)exception);
    set_ip(context, (_Unwind_Ptr)arenite_caught);
    return _URC_INSTALL_CONTEXT;
}
