//! An operating system for tests: a break of its own, and every call can be made to fail.
#![expect(unsafe_code, reason = "address space for a break and for zeroed values")]

use core::ffi::CStr;
use core::ptr::with_exposed_provenance_mut;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{FileSystem, Linux, System};
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Address space behind the break of a [`TestSystem`].
const BREAK_RANGE: usize = 1 << 30;
const PAGE: usize = 4096;

/// Real mappings, a simulated break, and switches for failures.
///
/// As with the kernel's break, pages above it cannot be accessed, and are zero when it comes back.
pub(crate) struct TestSystem {
    start: usize,
    brk: AtomicUsize,
    /// Held while the break moves.
    moving: Mutex<()>,
    limit: AtomicUsize,
    /// Calls of `map` and growing `remap` that will still succeed.
    maps_left: AtomicUsize,
    unmaps_fail: AtomicBool,
    discards_fail: AtomicBool,
    /// Whether a thread that raises the break has to wait, and whether one does.
    is_gate_closed: AtomicBool,
    is_anyone_at_gate: AtomicBool,
    /// Start and end of what was mapped and not unmapped.
    mappings: Mutex<BTreeMap<usize, usize>>,
    /// The bytes in there.
    pub(crate) mapped: AtomicUsize,
    /// Number of `discard` calls.
    pub(crate) discards: AtomicUsize,
    now_ms: AtomicU64,
    /// Calls that take blocks of a disk and that will still succeed.
    files_left: AtomicUsize,
    /// Start and end of what must not be discarded.
    kept: Mutex<Vec<(usize, usize)>>,
    /// Bytes that were given back to a disk while they were mapped.
    pub(crate) punched: AtomicUsize,
}

impl TestSystem {
    /// A fresh one that lives for ever, its break at an address that is not a multiple of the unit.
    pub(crate) fn leaked() -> &'static Self {
        let start = reserve(BREAK_RANGE, libc::PROT_NONE) + 3 * PAGE;
        Box::leak(Box::new(Self {
            start,
            brk: AtomicUsize::new(start),
            moving: Mutex::new(()),
            limit: AtomicUsize::new(start + BREAK_RANGE - 4 * PAGE),
            maps_left: AtomicUsize::new(usize::MAX),
            unmaps_fail: AtomicBool::new(false),
            discards_fail: AtomicBool::new(false),
            is_gate_closed: AtomicBool::new(false),
            is_anyone_at_gate: AtomicBool::new(false),
            mappings: Mutex::new(BTreeMap::new()),
            mapped: AtomicUsize::new(0),
            discards: AtomicUsize::new(0),
            now_ms: AtomicU64::new(1_000_000),
            files_left: AtomicUsize::new(usize::MAX),
            kept: Mutex::new(Vec::new()),
            punched: AtomicUsize::new(0),
        }))
    }

    /// Lets time pass, which stands still otherwise.
    pub(crate) fn pass_ms(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// From now on `map` and growing `remap` fail, or no longer.
    pub(crate) fn fail_maps(&self, fail: bool) {
        self.maps_left.store(if fail { 0 } else { usize::MAX }, Ordering::Relaxed);
    }

    /// `map` and growing `remap` succeed `count` times more, and fail from then on.
    pub(crate) fn fail_maps_after(&self, count: usize) {
        self.maps_left.store(count, Ordering::Relaxed);
    }

    /// From now on there is no room on the disk, or there is again.
    pub(crate) fn fail_files(&self, fail: bool) {
        self.files_left.store(if fail { 0 } else { usize::MAX }, Ordering::Relaxed);
    }

    /// From now on `unmap` fails, or no longer.
    pub(crate) fn fail_unmaps(&self, fail: bool) {
        self.unmaps_fail.store(fail, Ordering::Relaxed);
    }

    /// From now on `discard` fails, as it does for locked memory, or no longer.
    pub(crate) fn fail_discards(&self, fail: bool) {
        self.discards_fail.store(fail, Ordering::Relaxed);
    }

    /// From now on the break can grow by at most `bytes`.
    pub(crate) fn limit_break(&self, bytes: usize) {
        let last = self.start + BREAK_RANGE - 4 * PAGE;
        let limit = self.current_break().saturating_add(bytes).min(last);
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Whether nothing was told to fail.
    pub(crate) fn is_generous(&self) -> bool {
        self.maps_left.load(Ordering::Relaxed) > usize::MAX / 2
            && !self.unmaps_fail.load(Ordering::Relaxed)
            && self.limit.load(Ordering::Relaxed) == self.start + BREAK_RANGE - 4 * PAGE
    }

    /// Nothing fails any more.
    pub(crate) fn lift_faults(&self) {
        self.fail_maps(false);
        self.fail_unmaps(false);
        self.fail_discards(false);
        self.limit_break(usize::MAX);
    }

    /// From now on whoever raises the break waits until [`Self::open_gate`].
    pub(crate) fn close_gate(&self) {
        self.is_gate_closed.store(true, Ordering::Release);
    }

    /// Lets the waiting thread go on.
    pub(crate) fn open_gate(&self) {
        self.is_gate_closed.store(false, Ordering::Release);
    }

    /// Returns when a thread waits at the gate.
    pub(crate) fn wait_for_a_thread_at_gate(&self) {
        while !self.is_anyone_at_gate.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
    }

    /// Bytes between the initial and the current break.
    pub(crate) fn break_bytes(&self) -> usize {
        self.current_break() - self.start
    }

    /// Bytes of memory behind the pages below the break.
    pub(crate) fn resident_break_bytes(&self) -> usize {
        let size = self.break_bytes().next_multiple_of(PAGE);
        let mut pages = vec![0_u8; size / PAGE];
        // SAFETY: the range was reserved by `leaked`, and there is a byte for each of its pages.
        let failed = unsafe {
            libc::mincore(with_exposed_provenance_mut(self.start), size, pages.as_mut_ptr())
        };
        assert_eq!(failed, 0);
        pages.iter().filter(|&&page| page & 1 != 0).count() * PAGE
    }

    /// Sizes of all mappings, in bytes.
    pub(crate) fn mapping_sizes(&self) -> Vec<usize> {
        self.mappings().iter().map(|(start, end)| end - start).collect()
    }

    fn mappings(&self) -> MutexGuard<'_, BTreeMap<usize, usize>> {
        self.mappings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_gate(&self) {
        while self.is_gate_closed.load(Ordering::Acquire) {
            self.is_anyone_at_gate.store(true, Ordering::Release);
            std::thread::yield_now();
        }
        self.is_anyone_at_gate.store(false, Ordering::Release);
    }

    fn take_map(&self) -> bool {
        take_one(&self.maps_left)
    }

    /// Enters a mapping.
    fn add(&self, start: usize, size: usize) {
        self.mappings().insert(start, start + size);
        self.mapped.fetch_add(size, Ordering::Relaxed);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(usize, usize)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one call less that will succeed; false if there is none left.
fn take_one(calls: &AtomicUsize) -> bool {
    let left = |left: usize| left.checked_sub(usize::from(left < usize::MAX));
    calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
}

/// Address space with memory behind it on demand only.
fn reserve(size: usize, protection: libc::c_int) -> usize {
    // SAFETY: a fresh anonymous mapping replaces nothing.
    let mapping = unsafe {
        libc::mmap(
            core::ptr::null_mut(),
            size,
            protection,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    assert_ne!(mapping, libc::MAP_FAILED);
    mapping.expose_provenance()
}

/// Takes a range out of the mappings that cover it, one or several side by side.
fn cut(mappings: &mut BTreeMap<usize, usize>, start: usize, end: usize) {
    let mut from = start;
    while from < end {
        let found = mappings.range(..=from).next_back().map(|(&first, &last)| (first, last));
        let Some((first, last)) = found.filter(|&(_, last)| from < last) else {
            panic!("{from:#x} of {start:#x}..{end:#x} is not mapped");
        };
        mappings.remove(&first);
        if first < from {
            mappings.insert(first, from);
        }
        if end < last {
            mappings.insert(end, last);
        }
        from = last;
    }
}

/// Makes pages of a break accessible, or no longer.
fn protect(start: usize, end: usize, protection: libc::c_int) {
    // SAFETY: the range lies in what `TestSystem::leaked` reserved; that a program which moves the
    // break down under a heap pulls memory away is what is tested.
    let failed =
        unsafe { libc::mprotect(with_exposed_provenance_mut(start), end - start, protection) };
    assert_eq!(failed, 0);
}

/// Zeroed memory for a value that lives for ever and that the caller makes from it.
pub(crate) fn reserve_zeroed<T>() -> *mut T {
    with_exposed_provenance_mut(reserve(
        size_of::<T>().next_multiple_of(PAGE),
        libc::PROT_READ | libc::PROT_WRITE,
    ))
}

/// A zeroed `T` for ever; only for types of which all zeros is a value.
pub(crate) fn leak_zeroed<T>() -> &'static T {
    // SAFETY: page-aligned, zeroed, never unmapped; by the contract above zeros are a `T`.
    unsafe { &*reserve_zeroed() }
}

impl System for TestSystem {
    fn page_size(&self) -> usize {
        PAGE
    }

    fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    fn current_break(&self) -> usize {
        self.brk.load(Ordering::Relaxed)
    }

    fn move_break(&self, delta: isize) -> Option<usize> {
        if delta > 0 {
            self.pass_gate();
        }
        let _moving = self.moving.lock();
        let old = self.current_break();
        let new = old.checked_add_signed(delta)?;
        if new < self.start || (delta > 0 && new > self.limit.load(Ordering::Relaxed)) {
            return None;
        }
        let (old_page, new_page) = (old.next_multiple_of(PAGE), new.next_multiple_of(PAGE));
        if new_page > old_page {
            protect(old_page, new_page, libc::PROT_READ | libc::PROT_WRITE);
        } else if new_page < old_page {
            Linux.discard(new_page, old_page - new_page);
            protect(new_page, old_page, libc::PROT_NONE);
        }
        self.brk.store(new, Ordering::Relaxed);
        Some(old)
    }

    fn map(&self, size: usize) -> Option<usize> {
        if !self.take_map() {
            return None;
        }
        let mut mappings = self.mappings();
        let start = Linux.map(size)?;
        mappings.insert(start, start + size);
        self.mapped.fetch_add(size, Ordering::Relaxed);
        Some(start)
    }

    fn unmap(&self, address: usize, size: usize) -> bool {
        if self.unmaps_fail.load(Ordering::Relaxed) {
            return false;
        }
        let mut mappings = self.mappings();
        cut(&mut mappings, address, address + size);
        self.mapped.fetch_sub(size, Ordering::Relaxed);
        Linux.unmap(address, size)
    }

    fn remap(&self, address: usize, old_size: usize, new_size: usize) -> Option<usize> {
        if new_size > old_size && !self.take_map() {
            return None;
        }
        let mut mappings = self.mappings();
        let moved = Linux.remap(address, old_size, new_size)?;
        cut(&mut mappings, address, address + old_size);
        mappings.insert(moved, moved + new_size);
        self.mapped.fetch_add(new_size, Ordering::Relaxed);
        self.mapped.fetch_sub(old_size, Ordering::Relaxed);
        Some(moved)
    }

    fn discard(&self, address: usize, size: usize) -> bool {
        self.discards.fetch_add(1, Ordering::Relaxed);
        let is_kept = |&(start, end): &(usize, usize)| address < end && start < address + size;
        !self.kept().iter().any(is_kept)
            && !self.discards_fail.load(Ordering::Relaxed)
            && Linux.discard(address, size)
    }
}

impl FileSystem for TestSystem {
    fn reserve(&self, size: usize) -> Option<usize> {
        let start = Linux.reserve(size).filter(|_| self.take_map())?;
        self.add(start, size);
        Some(start)
    }

    fn map_file(&self, directory: &CStr, size: usize, place: Option<usize>) -> Option<usize> {
        if !take_one(&self.files_left) || !self.take_map() {
            return None;
        }
        let start = Linux.map_file(directory, size, place)?;
        if place.is_none() {
            self.add(start, size);
        }
        Some(start)
    }

    fn copy_to_file(&self, directory: &CStr, address: usize, size: usize) -> Option<usize> {
        if !take_one(&self.files_left) || !self.take_map() {
            return None;
        }
        let start = Linux.copy_to_file(directory, address, size)?;
        self.add(start, size);
        Some(start)
    }

    fn drop_copy(&self, copy: usize, size: usize) -> bool {
        self.unmap(copy, size)
    }

    fn move_mapping(&self, from: usize, size: usize, to: usize) -> bool {
        let mut mappings = self.mappings();
        cut(&mut mappings, from, from + size);
        // In a test both are there, as in no child of a fork.
        cut(&mut mappings, to, to + size);
        mappings.insert(to, to + size);
        self.mapped.fetch_sub(size, Ordering::Relaxed);
        Linux.move_mapping(from, size, to)
    }

    fn withhold(&self, address: usize, size: usize) -> bool {
        Linux.withhold(address, size)
    }

    fn punch(&self, address: usize, size: usize) -> bool {
        self.punched.fetch_add(size, Ordering::Relaxed);
        Linux.punch(address, size)
    }

    fn never_discard(&self, address: usize, size: usize) {
        self.kept().push((address, address + size));
    }
}

impl FileSystem for &'static TestSystem {
    fn reserve(&self, size: usize) -> Option<usize> {
        (**self).reserve(size)
    }

    fn map_file(&self, directory: &CStr, size: usize, place: Option<usize>) -> Option<usize> {
        (**self).map_file(directory, size, place)
    }

    fn copy_to_file(&self, directory: &CStr, address: usize, size: usize) -> Option<usize> {
        (**self).copy_to_file(directory, address, size)
    }

    fn drop_copy(&self, copy: usize, size: usize) -> bool {
        (**self).drop_copy(copy, size)
    }

    fn move_mapping(&self, from: usize, size: usize, to: usize) -> bool {
        (**self).move_mapping(from, size, to)
    }

    fn withhold(&self, address: usize, size: usize) -> bool {
        (**self).withhold(address, size)
    }

    fn punch(&self, address: usize, size: usize) -> bool {
        (**self).punch(address, size)
    }

    fn never_discard(&self, address: usize, size: usize) {
        (**self).never_discard(address, size);
    }
}

/// A heap takes its system by value; this way the test keeps hold of it.
impl System for &'static TestSystem {
    fn page_size(&self) -> usize {
        (**self).page_size()
    }

    fn now_ms(&self) -> u64 {
        (**self).now_ms()
    }

    fn current_break(&self) -> usize {
        (**self).current_break()
    }

    fn move_break(&self, delta: isize) -> Option<usize> {
        (**self).move_break(delta)
    }

    fn map(&self, size: usize) -> Option<usize> {
        (**self).map(size)
    }

    fn unmap(&self, address: usize, size: usize) -> bool {
        (**self).unmap(address, size)
    }

    fn remap(&self, address: usize, old_size: usize, new_size: usize) -> Option<usize> {
        (**self).remap(address, old_size, new_size)
    }

    fn discard(&self, address: usize, size: usize) -> bool {
        (**self).discard(address, size)
    }
}
