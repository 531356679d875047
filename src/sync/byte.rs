//! Loads that the atomic types cannot express at the same cost.
#![expect(unsafe_code, reason = "one instruction of inline assembly, or a volatile load")]

use core::cell::Cell;

use super::AtomicU8;

/// The byte at `index`, as `AtomicU8::load` with `Ordering::Relaxed` reads it: that costs an instruction
/// more, since LLVM does not merge an atomic load with the widening that follows.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn load_byte<const N: usize>(bytes: &[AtomicU8; N], index: usize) -> Option<usize> {
    if index >= N {
        return None;
    }
    let value: usize;
    // SAFETY: reads one byte of the array; a load of a byte is atomic on this target.
    unsafe {
        core::arch::asm!(
            "movzx {value:e}, byte ptr [{bytes} + {index}]",
            value = lateout(reg) value,
            bytes = in(reg) bytes.as_ptr(),
            index = in(reg) index,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    Some(value)
}

/// The byte at `index`, as `AtomicU8::load` with `Ordering::Relaxed` reads it.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn load_byte<const N: usize>(bytes: &[AtomicU8; N], index: usize) -> Option<usize> {
    Some(usize::from(bytes.get(index)?.load(super::Ordering::Relaxed)))
}

/// A word that another thread may be changing, with plain stores, since these can be one instruction with
/// what they add to: some value that the word had. Never torn: the word is aligned.
pub(crate) fn load_foreign<T>(word: &Cell<*mut T>) -> *mut T {
    // SAFETY: a reference is readable; volatile, so that it is loaded once, here, as one word.
    unsafe { word.as_ptr().read_volatile() }
}
