//! The C++ operators of the shared library, all twenty that a program may replace.
//!
//! A hit in the thread's cache is `malloc`'s or `free`'s own code. Everything else leaves by a jump
//! into C (`operators/*.c`): from there exceptions pass to the program, which they could not do
//! through a frame of Rust. `scripts/check-fast-paths` sees to it that there is no such frame.
//!
//! Forms that call another form in libstdc++ (`new[]` calls `new`, sized `delete` the plain one) do so
//! here if the program has replaced any; until it is known that it has not, they ask in C.
//!
//! The archive's operators are C alone (`operators/static.c`), since they must be a member of their own.

use core::arch::asm;
use core::sync::atomic::AtomicU8;

use super::{Pointer, c};

/// Stands for `const std::nothrow_t &`.
type Tag = *const core::ffi::c_void;

/// The forms that others call; the same numbers as in `shared.c`.
#[repr(C)]
#[derive(Clone, Copy)]
enum Form {
    New,
    NewArray,
    NewAligned,
    NewArrayAligned,
    Delete,
    DeleteArray,
    DeleteAligned,
    DeleteArrayAligned,
}

/// What `STATE` holds once `shared.c` has found that every form is ours.
const OURS: u8 = 1;

static STATE: AtomicU8 = AtomicU8::new(0);

// They throw, or what they call does. `extern "C"` all the same: around a call that may unwind, the
// compiler would put a landing pad that aborts. All calls are the last thing that a function does.
unsafe extern "C" {
    safe fn arenite_new(size: usize) -> Pointer;
    safe fn arenite_new_aligned(size: usize, alignment: usize) -> Pointer;
    safe fn arenite_forward_new(size: usize, form: Form, state: &AtomicU8) -> Pointer;
    safe fn arenite_forward_new_aligned(
        size: usize,
        alignment: usize,
        form: Form,
        state: &AtomicU8,
    ) -> Pointer;
    safe fn arenite_forward_new_nothrow(size: usize, form: Form, state: &AtomicU8) -> Pointer;
    safe fn arenite_forward_new_aligned_nothrow(
        size: usize,
        alignment: usize,
        form: Form,
        state: &AtomicU8,
    ) -> Pointer;
    fn arenite_forward_delete(block: Pointer, form: Form, state: &AtomicU8);
    fn arenite_forward_delete_aligned(block: Pointer, size: usize, form: Form, state: &AtomicU8);
}

export! {
    _Znwm: [(size: usize) -> Pointer] => new(size);
    _Znam: [(size: usize) -> Pointer]
        => if is_ours() { new(size) } else { arenite_forward_new(size, Form::New, &STATE) };
    _ZnwmRKSt9nothrow_t: [(size: usize, _tag: Tag) -> Pointer] => match hit(size) {
        Some(block) => block,
        None => arenite_forward_new_nothrow(size, Form::New, &STATE),
    };
    _ZnamRKSt9nothrow_t: [(size: usize, _tag: Tag) -> Pointer] => match hit(size) {
        Some(block) => block,
        None => arenite_forward_new_nothrow(size, Form::NewArray, &STATE),
    };

    _ZnwmSt11align_val_t: [(size: usize, alignment: usize) -> Pointer]
        => arenite_new_aligned(size, alignment);
    _ZnamSt11align_val_t: [(size: usize, alignment: usize) -> Pointer]
        => arenite_forward_new_aligned(size, alignment, Form::NewAligned, &STATE);
    _ZnwmSt11align_val_tRKSt9nothrow_t: [(size: usize, alignment: usize, _tag: Tag) -> Pointer]
        => arenite_forward_new_aligned_nothrow(size, alignment, Form::NewAligned, &STATE);
    _ZnamSt11align_val_tRKSt9nothrow_t: [(size: usize, alignment: usize, _tag: Tag) -> Pointer]
        => arenite_forward_new_aligned_nothrow(size, alignment, Form::NewArrayAligned, &STATE);

    _ZdlPv: [(block: Pointer)] => c::free(block.cast());
    _ZdaPv: [(block: Pointer)] => delete(block, Form::Delete);
    _ZdlPvm: [(block: Pointer, _size: usize)] => delete(block, Form::Delete);
    _ZdaPvm: [(block: Pointer, _size: usize)] => delete(block, Form::DeleteArray);
    _ZdlPvRKSt9nothrow_t: [(block: Pointer, _tag: Tag)] => delete(block, Form::Delete);
    _ZdaPvRKSt9nothrow_t: [(block: Pointer, _tag: Tag)] => delete(block, Form::DeleteArray);

    _ZdlPvSt11align_val_t: [(block: Pointer, _alignment: usize)] => c::free(block.cast());
    _ZdaPvSt11align_val_t: [(block: Pointer, alignment: usize)]
        => delete_aligned(block, alignment, Form::DeleteAligned);
    _ZdlPvmSt11align_val_t: [(block: Pointer, _size: usize, alignment: usize)]
        => delete_aligned(block, alignment, Form::DeleteAligned);
    _ZdaPvmSt11align_val_t: [(block: Pointer, _size: usize, alignment: usize)]
        => delete_aligned(block, alignment, Form::DeleteArrayAligned);
    _ZdlPvSt11align_val_tRKSt9nothrow_t: [(block: Pointer, alignment: usize, _tag: Tag)]
        => delete_aligned(block, alignment, Form::DeleteAligned);
    _ZdaPvSt11align_val_tRKSt9nothrow_t: [(block: Pointer, alignment: usize, _tag: Tag)]
        => delete_aligned(block, alignment, Form::DeleteArrayAligned);
}

/// Whether the program is known to have no operators of its own.
#[inline(always)]
fn is_ours() -> bool {
    // An atomic load and a comparison would be one instruction more: LLVM does not join them.
    // SAFETY: reads one byte, which C writes in one store. Nothing is read because of its value but
    // what never changes.
    unsafe {
        asm!(
            "cmp byte ptr [rip + {state}], {ours}",
            "jne {replaced}",
            state = sym STATE,
            ours = const OURS,
            replaced = label { return false },
            options(readonly, nostack),
        );
    }
    true
}

#[inline(always)]
fn new(size: usize) -> Pointer {
    match c::malloc_small(size) {
        Some(block) => block.cast(),
        None => new_medium(size),
    }
}

#[inline(never)]
fn new_medium(size: usize) -> Pointer {
    match c::malloc_medium_cached(size) {
        Some(block) => block.cast(),
        None => arenite_new(size),
    }
}

/// A small block of the thread's cache, unless the program may have operators of its own.
#[inline(always)]
fn hit(size: usize) -> Option<Pointer> {
    if is_ours() { c::malloc_small(size).map(<*mut u8>::cast) } else { None }
}

#[inline(always)]
fn delete(block: Pointer, form: Form) {
    if is_ours() {
        c::free(block.cast());
    } else {
        // SAFETY: the caller's block, handed on to the operator that the program would reach.
        unsafe { arenite_forward_delete(block, form, &STATE) };
    }
}

#[inline(always)]
fn delete_aligned(block: Pointer, alignment: usize, form: Form) {
    if is_ours() {
        c::free(block.cast());
    } else {
        // SAFETY: as in `delete`.
        unsafe { arenite_forward_delete_aligned(block, alignment, form, &STATE) };
    }
}
