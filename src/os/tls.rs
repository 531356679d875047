//! The one thread-local word: the address of the calling thread's cache.
//!
//! The C shim (`shim.c`) defines it with the initial-exec model, 8 bytes of static TLS, so that
//! `dlopen` of the library works too. Rust's own `thread_local!` would call `__tls_get_addr` in a
//! shared library, which costs more than the allocation.
#![expect(unsafe_code, reason = "thread-local access by inline assembly")]

unsafe extern "C" {
    #[cfg(not(target_arch = "x86_64"))]
    fn arenite_thread_slot() -> *mut *const u8;
}

/// The thread-local word.
///
/// # Invariant
/// It holds the address of a block of zeros in read-only memory, or what [`ThreadSlot::set`] stored.
pub(crate) struct ThreadSlot;

impl ThreadSlot {
    /// The word of the calling thread.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(crate) fn get() -> *const u8 {
        let value: *const u8;
        // SAFETY: reads the offset of the word from the global offset table and then the word itself,
        // in the calling thread's static TLS block, where the loader put it. Nothing is written.
        unsafe {
            core::arch::asm!(
                "mov {value}, qword ptr [rip + arenite_thread_word@GOTTPOFF]",
                "mov {value}, qword ptr fs:[{value}]",
                value = out(reg) value,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        value
    }

    /// Sets the word of the calling thread.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn set(value: *const u8) {
        // SAFETY: as in `get`; the word is 8 bytes and belongs to this thread alone.
        unsafe {
            core::arch::asm!(
                "mov {slot}, qword ptr [rip + arenite_thread_word@GOTTPOFF]",
                "mov qword ptr fs:[{slot}], {value}",
                slot = out(reg) _,
                value = in(reg) value,
                options(nostack, preserves_flags),
            );
        }
    }

    /// The word of the calling thread.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    pub(crate) fn get() -> *const u8 {
        // SAFETY: the shim returns the address of this thread's word, valid while the thread runs.
        unsafe { *arenite_thread_slot() }
    }

    /// Sets the word of the calling thread.
    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn set(value: *const u8) {
        // SAFETY: as in `get`.
        unsafe { *arenite_thread_slot() = value };
    }
}
