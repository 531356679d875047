//! The two thread-local words: where the fast paths find a thread cache, and the thread's share of the
//! heap. They differ where every call has to take the slow path.
//!
//! The C shim (`shim.c`) defines them with the initial-exec model, 16 bytes of static TLS, so that
//! `dlopen` of the library works too. Rust's own `thread_local!` would call `__tls_get_addr` in a
//! shared library, which costs more than the allocation.
#![expect(unsafe_code, reason = "thread-local access by inline assembly")]

use core::ptr::{NonNull, with_exposed_provenance_mut};

use crate::sync::{AtomicPtr, Ordering};

unsafe extern "C" {
    /// A block of zeros as large as a thread cache, in read-only memory.
    static arenite_empty_cache: u8;
    #[cfg(not(target_arch = "x86_64"))]
    fn arenite_thread_slot() -> *mut Words;
}

/// The words, as the shim defines them.
#[repr(C)]
struct Words {
    /// Other threads store here, too: see [`ThreadSlot::set_cache`].
    cache: AtomicPtr<u8>,
    share: *const u8,
}

/// The words of one thread.
///
/// # Invariant
/// The words live as long as this value is used: until the thread has ended. `cache` holds the address
/// of the block of zeros, or what [`ThreadSlot::set_cache`] stored.
#[derive(Clone, Copy)]
pub(crate) struct ThreadSlot(NonNull<Words>);

impl ThreadSlot {
    /// Where the fast paths of the calling thread look.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(crate) fn cache() -> *const u8 {
        let value: *const u8;
        // SAFETY: reads the offset of the words from the global offset table and then the first word,
        // in the calling thread's static TLS block, where the loader put it. Nothing is written.
        unsafe {
            core::arch::asm!(
                "mov {value}, qword ptr [rip + arenite_thread_words@GOTTPOFF]",
                "mov {value}, qword ptr fs:[{value}]",
                value = out(reg) value,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        value
    }

    /// Where the fast paths of the calling thread look.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    pub(crate) fn cache() -> *const u8 {
        Self::own().cache_word().load(Ordering::Relaxed)
    }

    /// The words of the calling thread.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn own() -> Self {
        let words: *mut Words;
        // SAFETY: as in `cache`; `fs:0` holds the address that `fs` offsets count from.
        unsafe {
            core::arch::asm!(
                "mov {words}, qword ptr [rip + arenite_thread_words@GOTTPOFF]",
                "add {words}, qword ptr fs:[0]",
                words = out(reg) words,
                options(pure, readonly, nostack),
            );
        }
        // SAFETY: the address of a variable.
        Self(unsafe { NonNull::new_unchecked(words) })
    }

    /// The words of the calling thread.
    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn own() -> Self {
        // SAFETY: the shim returns the address of a variable of this thread, valid while it runs.
        Self(unsafe { NonNull::new_unchecked(arenite_thread_slot()) })
    }

    /// The calling thread's second word; null at first.
    pub(crate) fn share() -> *const u8 {
        // SAFETY: only the thread itself uses this word.
        unsafe { (*Self::own().0.as_ptr()).share }
    }

    /// Sets the calling thread's second word.
    pub(crate) fn set_share(share: *const u8) {
        // SAFETY: as in `share`.
        unsafe { (*Self::own().0.as_ptr()).share = share };
    }

    /// Sets where the fast paths of this thread look, which may be another than the calling one;
    /// `None` sends it to the slow path with every call.
    pub(crate) fn set_cache(self, cache: Option<NonNull<u8>>) {
        let cache = cache.map_or((&raw const arenite_empty_cache).cast_mut(), NonNull::as_ptr);
        self.cache_word().store(cache, Ordering::Relaxed);
    }

    /// As a number, for [`Self::from_address`].
    pub(crate) fn address(self) -> usize {
        self.0.as_ptr().expose_provenance()
    }

    /// What [`Self::address`] came from; `None` from 0.
    ///
    /// # Safety
    /// The number is 0 or such an address, and the thread has not ended.
    pub(crate) unsafe fn from_address(address: usize) -> Option<Self> {
        NonNull::new(with_exposed_provenance_mut(address)).map(Self)
    }

    fn cache_word(&self) -> &AtomicPtr<u8> {
        // SAFETY: the words live by the invariant; only the first is referred to.
        unsafe { &(*self.0.as_ptr()).cache }
    }
}
