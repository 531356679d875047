//! Settings that glibc documents, as they are now.
//!
//! Each is one atomic, read where it matters; `mallopt` and the environment write them.

mod directory;
mod environment;
mod number;
mod settings;

pub(crate) use environment::{Complaint, FIRST_LETTERS, apply_environment};

use core::ffi::CStr;

use directory::Directory;

use crate::sync::{AtomicBool, AtomicUsize, Ordering};
use crate::units::UNIT;

/// Default of the mmap threshold and of the trim threshold, in bytes.
pub(crate) const DEFAULT_THRESHOLD: usize = 128 * 1024;
/// The dynamic mmap threshold never exceeds this, in bytes.
pub(crate) const MMAP_THRESHOLD_MAX: usize = 32 * 1024 * 1024;
/// Default of the top pad, in bytes.
const DEFAULT_TOP_PAD: usize = 128 * 1024;
/// Default of the largest number of mmapped chunks.
const DEFAULT_MMAP_MAX: usize = 65_536;
/// Default of the number of arenas up to which no limit is computed.
const DEFAULT_ARENA_TEST: usize = 8;
/// Arenas per processor where no limit is set.
const ARENAS_PER_CPU: usize = 8;

/// The settings.
#[repr(align(128))]
pub(crate) struct Tunables {
    mmap_threshold: AtomicUsize,
    trim_threshold: AtomicUsize,
    top_pad: AtomicUsize,
    mmap_max: AtomicUsize,
    /// Whether the thresholds still follow the program (no_dyn_threshold = 0 in glibc's terms).
    is_dynamic: AtomicBool,
    arena_test: AtomicUsize,
    /// The limit of arenas, set or computed; 0 before.
    arena_limit: AtomicUsize,
    /// Processors that the process may use.
    cpus: AtomicUsize,
    /// The byte that fills memory, 0 to fill none.
    perturb: AtomicUsize,
    /// Blocks in a bin of a thread cache, and bytes of the blocks that are cached; `usize::MAX` unless
    /// somebody set them.
    tcache_count: AtomicUsize,
    tcache_max: AtomicUsize,
    /// Whether every call is checked as far as possible.
    is_checked: AtomicBool,
    huge_pages: AtomicUsize,
    /// Whether mappings get names.
    names_mappings: AtomicBool,
    /// Where files for large blocks are made, if that is wished; for regions, too?
    file_directory: Directory,
    has_file_regions: AtomicBool,
    /// Whether a child of fork gets no large blocks that lie in files.
    is_fork_bare: AtomicBool,
    /// Whether somebody said so, or the contrary.
    is_fork_chosen: AtomicBool,
    /// Bytes that the heap may have of the system at most, and those from which on it keeps nothing; 0 for any.
    hard_limit: AtomicUsize,
    soft_limit: AtomicUsize,
}

/// Where the soft limit of memory comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SoftLimit {
    /// Bytes; 0 for none.
    Bytes(usize),
    /// What the control group may use.
    Group,
}

/// The value of the setting for [`SoftLimit::Group`].
const LIMIT_OF_GROUP: usize = usize::MAX;

/// Which pages the system is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HugePages {
    /// Its own choice.
    Default,
    /// Huge ones where they fit (`MADV_HUGEPAGE`).
    Advised,
    /// From the pool of huge pages of this size in bytes (a power of two, a unit at least), as long as
    /// that lasts.
    Reserved(usize),
}

/// Bytes of a huge page where the setting does not say.
pub(crate) const HUGE_PAGE: usize = 2 * 1024 * 1024;

impl Tunables {
    /// All zeros, so that the heap lies in `.bss`; [`Self::set_defaults`] comes before any use.
    pub(crate) const fn new() -> Self {
        Self {
            mmap_threshold: AtomicUsize::new(0),
            trim_threshold: AtomicUsize::new(0),
            top_pad: AtomicUsize::new(0),
            mmap_max: AtomicUsize::new(0),
            is_dynamic: AtomicBool::new(false),
            arena_test: AtomicUsize::new(0),
            arena_limit: AtomicUsize::new(0),
            cpus: AtomicUsize::new(0),
            perturb: AtomicUsize::new(0),
            tcache_count: AtomicUsize::new(0),
            tcache_max: AtomicUsize::new(0),
            is_checked: AtomicBool::new(false),
            huge_pages: AtomicUsize::new(0),
            names_mappings: AtomicBool::new(false),
            file_directory: Directory::new(),
            has_file_regions: AtomicBool::new(false),
            is_fork_bare: AtomicBool::new(false),
            is_fork_chosen: AtomicBool::new(false),
            hard_limit: AtomicUsize::new(0),
            soft_limit: AtomicUsize::new(0),
        }
    }

    /// glibc's defaults.
    pub(crate) fn set_defaults(&self) {
        self.mmap_threshold.store(DEFAULT_THRESHOLD, Ordering::Relaxed);
        self.trim_threshold.store(DEFAULT_THRESHOLD, Ordering::Relaxed);
        self.top_pad.store(DEFAULT_TOP_PAD, Ordering::Relaxed);
        self.mmap_max.store(DEFAULT_MMAP_MAX, Ordering::Relaxed);
        self.is_dynamic.store(true, Ordering::Relaxed);
        self.arena_test.store(DEFAULT_ARENA_TEST, Ordering::Relaxed);
        self.cpus.store(1, Ordering::Relaxed);
        self.tcache_count.store(usize::MAX, Ordering::Relaxed);
        self.tcache_max.store(usize::MAX, Ordering::Relaxed);
    }

    /// Chunks of this size in bytes and more are mmapped when no free memory fits.
    pub(crate) fn mmap_threshold(&self) -> usize {
        self.mmap_threshold.load(Ordering::Relaxed)
    }

    /// Sets the mmap threshold in bytes and ends its dynamics.
    pub(crate) fn set_mmap_threshold(&self, bytes: usize) {
        self.mmap_threshold.store(bytes, Ordering::Relaxed);
        self.freeze();
    }

    /// A top of this size in bytes and more is trimmed.
    pub(crate) fn trim_threshold(&self) -> usize {
        self.trim_threshold.load(Ordering::Relaxed)
    }

    /// Whether memory goes back to the system without being asked for: not if trimming was turned off.
    pub(crate) fn gives_back(&self) -> bool {
        self.trim_threshold() != usize::MAX
    }

    /// Sets the trim threshold in bytes and ends the dynamics of the mmap threshold.
    pub(crate) fn set_trim_threshold(&self, bytes: usize) {
        self.trim_threshold.store(bytes, Ordering::Relaxed);
        self.freeze();
    }

    /// Bytes by which a region is longer than needed, and that trimming leaves.
    pub(crate) fn top_pad(&self) -> usize {
        self.top_pad.load(Ordering::Relaxed)
    }

    /// Sets the top pad in bytes and ends the dynamics of the mmap threshold.
    pub(crate) fn set_top_pad(&self, bytes: usize) {
        self.top_pad.store(bytes, Ordering::Relaxed);
        self.freeze();
    }

    /// At most so many chunks are mmapped at a time.
    pub(crate) fn mmap_max(&self) -> usize {
        self.mmap_max.load(Ordering::Relaxed)
    }

    /// Sets the number of mmapped chunks and ends the dynamics of the mmap threshold.
    pub(crate) fn set_mmap_max(&self, count: usize) {
        self.mmap_max.store(count, Ordering::Relaxed);
        self.freeze();
    }

    /// Whether the thresholds still follow the program.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.is_dynamic.load(Ordering::Relaxed)
    }

    /// Notes that a mmapped chunk of `size` bytes was freed: the program may want another soon, so
    /// from now on such sizes come from the heap (glibc's dynamic threshold), unless they are wanted in files.
    pub(crate) fn note_unmapped(&self, size: usize) {
        let threshold = self.mmap_threshold();
        let may_rise = self.is_dynamic() && self.file_directory().is_none();
        if may_rise && size > threshold && size <= MMAP_THRESHOLD_MAX {
            self.mmap_threshold.store(size, Ordering::Relaxed);
            self.trim_threshold.store(2 * size, Ordering::Relaxed);
        }
    }

    /// Sets the largest number of arenas; 0 is ignored. Unlike in glibc this counts also after a limit was
    /// computed; arenas that there are stay.
    pub(crate) fn set_arena_max(&self, count: usize) {
        if count > 0 {
            self.arena_limit.store(count, Ordering::Relaxed);
        }
    }

    /// Sets the number of arenas up to which no limit is computed; 0 is ignored.
    pub(crate) fn set_arena_test(&self, count: usize) {
        if count > 0 {
            self.arena_test.store(count, Ordering::Relaxed);
        }
    }

    /// The number of processors that the process may use; 1 as long as the limit of arenas was not computed.
    pub(crate) fn cpus(&self) -> usize {
        self.cpus.load(Ordering::Relaxed)
    }

    /// Whether one more than `arenas` may exist. If nobody sets a limit, it is computed once, as in glibc; then `cpus`
    /// is asked how many processors the process may use.
    pub(crate) fn allows_more_arenas(&self, arenas: usize, cpus: impl FnOnce() -> usize) -> bool {
        let mut limit = self.arena_limit.load(Ordering::Relaxed);
        if limit == 0 {
            if arenas <= self.arena_test.load(Ordering::Relaxed) {
                return true;
            }
            let cpus = cpus();
            self.cpus.store(cpus, Ordering::Relaxed);
            limit = cpus * ARENAS_PER_CPU;
            self.arena_limit.store(limit, Ordering::Relaxed);
        }
        arenas < limit
    }

    /// The byte that freed memory is filled with; allocated memory gets its complement. `None`: neither.
    pub(crate) fn perturb(&self) -> Option<u8> {
        let value = self.perturb.load(Ordering::Relaxed);
        #[expect(clippy::cast_possible_truncation, reason = "as in glibc only the low byte counts")]
        (value != 0).then_some(value as u8)
    }

    /// Sets that byte: the lowest of `value`; 0 ends the filling. The heap must be told
    /// (`Heap::apply_settings`).
    pub(crate) fn set_perturb(&self, value: usize) {
        self.perturb.store(value, Ordering::Relaxed);
    }

    /// How many blocks of `size` bytes a thread cache may hold, if somebody set that.
    pub(crate) fn tcache_limit(&self, size: usize) -> Option<usize> {
        if self.is_checked.load(Ordering::Relaxed) || size > self.tcache_max.load(Ordering::Relaxed)
        {
            return Some(0);
        }
        let count = self.tcache_count.load(Ordering::Relaxed);
        (count != usize::MAX).then_some(count)
    }

    /// Whether somebody set how much a thread cache may hold.
    pub(crate) fn is_tcache_limited(&self) -> bool {
        self.is_checked.load(Ordering::Relaxed)
            || self.tcache_count.load(Ordering::Relaxed) != usize::MAX
    }

    /// Sets how many blocks of one size a thread cache may hold.
    pub(crate) fn set_tcache_count(&self, count: usize) {
        self.tcache_count.store(count, Ordering::Relaxed);
    }

    /// Sets the bytes of the largest block that a thread cache may hold.
    pub(crate) fn set_tcache_max(&self, bytes: usize) {
        self.tcache_max.store(bytes, Ordering::Relaxed);
    }

    /// Sets whether blocks go straight back to their slab or arena, so that every free is checked against
    /// its state.
    pub(crate) fn set_checked(&self, level: usize) {
        self.is_checked.store(level > 0, Ordering::Relaxed);
    }

    /// Which pages the system is asked for.
    pub(crate) fn huge_pages(&self) -> HugePages {
        match self.huge_pages.load(Ordering::Relaxed) {
            0 => HugePages::Default,
            1 => HugePages::Advised,
            2 => HugePages::Reserved(HUGE_PAGE),
            size if size.is_power_of_two() && size >= UNIT => HugePages::Reserved(size),
            _ => HugePages::Default,
        }
    }

    /// Sets which pages the system is asked for: 0, 1, 2, or the size of a huge page in bytes.
    pub(crate) fn set_huge_pages(&self, value: usize) {
        self.huge_pages.store(value, Ordering::Relaxed);
    }

    /// Whether mappings get names, to be seen in `/proc/self/maps`.
    pub(crate) fn names_mappings(&self) -> bool {
        self.names_mappings.load(Ordering::Relaxed)
    }

    /// Sets whether mappings get names.
    pub(crate) fn set_names_mappings(&self, value: usize) {
        self.names_mappings.store(value == 1, Ordering::Relaxed);
    }

    /// The directory in which large blocks get a file each instead of anonymous memory.
    pub(crate) fn file_directory(&self) -> Option<&CStr> {
        self.file_directory.get()
    }

    /// Sets that directory, once; false if it is not the path of one.
    pub(crate) fn set_file_directory(&self, path: &[u8]) -> bool {
        self.file_directory.set(path)
    }

    /// No files, whatever was set.
    pub(crate) fn forget_file_directory(&self) {
        self.file_directory.clear();
    }

    /// The same directory if regions, too, are to lie in files.
    pub(crate) fn region_directory(&self) -> Option<&CStr> {
        self.file_directory().filter(|_| self.has_file_regions.load(Ordering::Relaxed))
    }

    /// Sets whether regions lie in files, if anything does.
    pub(crate) fn set_file_regions(&self, value: usize) {
        self.has_file_regions.store(value == 1, Ordering::Relaxed);
    }

    /// Whether a child of fork gets copies of large blocks that lie in files.
    pub(crate) fn copies_files(&self) -> bool {
        !self.is_fork_bare.load(Ordering::Relaxed)
    }

    /// Whether somebody said what a child of fork gets.
    pub(crate) fn is_fork_chosen(&self) -> bool {
        self.is_fork_chosen.load(Ordering::Relaxed)
    }

    /// Sets what a child of fork gets, `copy` or `none`; false if it is neither.
    pub(crate) fn set_file_fork(&self, value: &[u8]) -> bool {
        self.is_fork_bare.store(value == b"none", Ordering::Relaxed);
        self.is_fork_chosen.store(true, Ordering::Relaxed);
        matches!(value, b"copy" | b"none")
    }

    /// Bytes that the heap may have of the system at most; 0 for any.
    pub(crate) fn hard_limit(&self) -> usize {
        self.hard_limit.load(Ordering::Relaxed)
    }

    /// Sets that; the heap must be told (`Heap::apply_limits`).
    pub(crate) fn set_hard_limit(&self, bytes: usize) {
        self.hard_limit.store(bytes, Ordering::Relaxed);
    }

    /// Whether a soft limit was asked for.
    #[inline]
    pub(crate) fn has_soft_limit(&self) -> bool {
        self.soft_limit.load(Ordering::Relaxed) != 0
    }

    /// Whether a limit of memory was asked for.
    pub(crate) fn has_limits(&self) -> bool {
        self.has_soft_limit() || self.hard_limit() != 0
    }

    /// Where the soft limit comes from.
    pub(crate) fn soft_limit(&self) -> SoftLimit {
        match self.soft_limit.load(Ordering::Relaxed) {
            LIMIT_OF_GROUP => SoftLimit::Group,
            bytes => SoftLimit::Bytes(bytes),
        }
    }

    /// Sets that, to bytes or [`LIMIT_OF_GROUP`]; the heap must be told (`Heap::apply_limits`).
    pub(crate) fn set_soft_limit(&self, value: usize) {
        self.soft_limit.store(value, Ordering::Relaxed);
    }

    fn freeze(&self) {
        self.is_dynamic.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Tunables {
        let tunables = Tunables::new();
        tunables.set_defaults();
        tunables
    }

    #[test]
    fn the_threshold_follows_freed_mappings_up_to_its_maximum() {
        let tunables = defaults();
        tunables.note_unmapped(100_000);
        assert_eq!(tunables.mmap_threshold(), DEFAULT_THRESHOLD);
        tunables.note_unmapped(1 << 20);
        assert_eq!((tunables.mmap_threshold(), tunables.trim_threshold()), (1 << 20, 2 << 20));
        tunables.note_unmapped(MMAP_THRESHOLD_MAX + 4096);
        assert_eq!(tunables.mmap_threshold(), 1 << 20);
        tunables.note_unmapped(MMAP_THRESHOLD_MAX);
        assert_eq!(tunables.mmap_threshold(), MMAP_THRESHOLD_MAX);
        let tunables = defaults();
        assert!(tunables.set_file_directory(b"/tmp"));
        tunables.note_unmapped(1 << 20);
        assert!(tunables.is_dynamic() && tunables.mmap_threshold() == DEFAULT_THRESHOLD);
    }

    #[test]
    fn setting_any_of_the_four_ends_the_dynamics() {
        for set in [
            Tunables::set_mmap_threshold as fn(&Tunables, usize),
            Tunables::set_trim_threshold,
            Tunables::set_top_pad,
            Tunables::set_mmap_max,
        ] {
            let tunables = defaults();
            set(&tunables, DEFAULT_THRESHOLD);
            tunables.note_unmapped(1 << 20);
            assert_eq!(tunables.mmap_threshold(), DEFAULT_THRESHOLD);
        }
    }

    #[test]
    fn the_arena_limit_is_computed_once_unless_it_is_set() {
        let tunables = defaults();
        let again = || panic!("asked too early, or twice");
        assert!((0..=8).all(|arenas| tunables.allows_more_arenas(arenas, again)));
        assert!(tunables.allows_more_arenas(9, || 2));
        assert_eq!(tunables.cpus(), 2);
        assert!(tunables.allows_more_arenas(15, again) && !tunables.allows_more_arenas(16, again));
        tunables.set_arena_test(100);
        assert!(!tunables.allows_more_arenas(16, again));
        tunables.set_arena_max(17);
        assert!(tunables.allows_more_arenas(16, again) && !tunables.allows_more_arenas(17, again));
        let tunables = defaults();
        tunables.set_arena_max(1);
        assert!(tunables.allows_more_arenas(0, again) && !tunables.allows_more_arenas(1, again));
    }
}
