//! An operating system for tests: a break of its own, and every call can be made to fail.
#![expect(unsafe_code, reason = "zeroed memory of a static type")]

use super::{Linux, System};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// Address space behind the break of a [`TestSystem`].
const BREAK_RANGE: usize = 1 << 30;

/// Real mappings, a simulated break, and switches for failures.
pub(crate) struct TestSystem {
    start: usize,
    brk: AtomicUsize,
    limit: AtomicUsize,
    maps_fail: AtomicBool,
    /// Bytes now mapped through `map` and `remap`.
    pub(crate) mapped: AtomicUsize,
    /// Number of `discard` calls.
    pub(crate) discards: AtomicUsize,
}

impl TestSystem {
    /// A fresh one that lives for ever, its break at an address that is not a multiple of the unit.
    pub(crate) fn leaked() -> &'static Self {
        let start = reserve(BREAK_RANGE) + 0x3000;
        Box::leak(Box::new(Self {
            start,
            brk: AtomicUsize::new(start),
            limit: AtomicUsize::new(start + BREAK_RANGE - 0x4000),
            maps_fail: AtomicBool::new(false),
            mapped: AtomicUsize::new(0),
            discards: AtomicUsize::new(0),
        }))
    }

    /// From now on `map` and growing `remap` fail, or no longer.
    pub(crate) fn fail_maps(&self, fail: bool) {
        self.maps_fail.store(fail, Ordering::Relaxed);
    }

    /// From now on the break can grow by at most `bytes`.
    pub(crate) fn limit_break(&self, bytes: usize) {
        self.limit.store(self.current_break() + bytes, Ordering::Relaxed);
    }

    /// Bytes between the initial and the current break.
    pub(crate) fn break_bytes(&self) -> usize {
        self.current_break() - self.start
    }
}

/// Address space with memory behind it on demand only.
fn reserve(size: usize) -> usize {
    // SAFETY: a fresh anonymous mapping replaces nothing.
    let mapping = unsafe {
        libc::mmap(
            core::ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    assert_ne!(mapping, libc::MAP_FAILED);
    mapping.expose_provenance()
}

/// A zeroed `T` for ever; only for types of which all zeros is a value.
pub(crate) fn leak_zeroed<T>() -> &'static T {
    let address = reserve(size_of::<T>().next_multiple_of(4096));
    // SAFETY: page-aligned, zeroed, never unmapped; by the contract above zeros are a `T`.
    unsafe { &*core::ptr::with_exposed_provenance(address) }
}

impl System for TestSystem {
    fn page_size(&self) -> usize {
        4096
    }

    fn current_break(&self) -> usize {
        self.brk.load(Ordering::Relaxed)
    }

    fn move_break(&self, delta: isize) -> Option<usize> {
        let old = self.current_break();
        let new = old.checked_add_signed(delta)?;
        if new < self.start || (delta > 0 && new > self.limit.load(Ordering::Relaxed)) {
            return None;
        }
        if delta < 0 {
            // Pages above the break are gone; they are zero when it comes back.
            let page = new.next_multiple_of(4096);
            Linux.discard(page, old.next_multiple_of(4096) - page);
        }
        self.brk.store(new, Ordering::Relaxed);
        Some(old)
    }

    fn map(&self, size: usize) -> Option<usize> {
        if self.maps_fail.load(Ordering::Relaxed) {
            return None;
        }
        self.mapped.fetch_add(size, Ordering::Relaxed);
        Linux.map(size)
    }

    fn unmap(&self, address: usize, size: usize) -> bool {
        self.mapped.fetch_sub(size, Ordering::Relaxed);
        Linux.unmap(address, size)
    }

    fn remap(&self, address: usize, old_size: usize, new_size: usize) -> Option<usize> {
        if self.maps_fail.load(Ordering::Relaxed) && new_size > old_size {
            return None;
        }
        let moved = Linux.remap(address, old_size, new_size)?;
        self.mapped.fetch_add(new_size, Ordering::Relaxed);
        self.mapped.fetch_sub(old_size, Ordering::Relaxed);
        Some(moved)
    }

    fn discard(&self, address: usize, size: usize) -> bool {
        self.discards.fetch_add(1, Ordering::Relaxed);
        Linux.discard(address, size)
    }
}
