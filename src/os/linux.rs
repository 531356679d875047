//! Linux: the break, mappings, standard error, and the facts that the kernel hands to a process.
#![expect(unsafe_code, reason = "system calls through the C library")]

use core::ffi::CStr;
use core::ptr::{null_mut, with_exposed_provenance_mut};

use super::file::is_kept;
use super::{ErrnoGuard, System, cgroup};
use crate::sync::{AtomicUsize, Ordering};

/// The running kernel.
pub(crate) struct Linux;

const BREAK_FAILED: usize = usize::MAX;

/// The page size, read once; 0 is "not yet".
static PAGE_SIZE: AtomicUsize = AtomicUsize::new(0);

/// All huge pages that [`Linux::map_huge`] returned lie between these addresses, and are multiples of the
/// last one in size.
static HUGE_START: AtomicUsize = AtomicUsize::new(usize::MAX);
static HUGE_END: AtomicUsize = AtomicUsize::new(0);
static HUGE_PAGE: AtomicUsize = AtomicUsize::new(0);

impl System for Linux {
    fn page_size(&self) -> usize {
        match PAGE_SIZE.load(Ordering::Relaxed) {
            0 => {
                let size = auxiliary_value(libc::AT_PAGESZ).unwrap_or(4096);
                PAGE_SIZE.store(size, Ordering::Relaxed);
                size
            }
            size => size,
        }
    }

    fn current_break(&self) -> usize {
        let _errno = ErrnoGuard::new();
        // SAFETY: an increment of 0 only reads the break.
        unsafe { libc::sbrk(0) }.addr()
    }

    fn move_break(&self, delta: isize) -> Option<usize> {
        let _errno = ErrnoGuard::new();
        // SAFETY: growing the break maps fresh memory; the caller shrinks it only by memory of its own.
        let old = unsafe { libc::sbrk(delta) };
        (old.addr() != BREAK_FAILED).then(|| old.expose_provenance())
    }

    fn map(&self, size: usize) -> Option<usize> {
        map(size, 0)
    }

    fn map_huge(&self, size: usize, page: usize) -> Option<usize> {
        let shift = i32::try_from(page.trailing_zeros()).ok()?;
        let start = map(size, libc::MAP_HUGETLB | shift << libc::MAP_HUGE_SHIFT)?;
        HUGE_PAGE.store(page, Ordering::Relaxed);
        HUGE_START.fetch_min(start, Ordering::Relaxed);
        HUGE_END.fetch_max(start + size, Ordering::Relaxed);
        Some(start)
    }

    fn advise_huge(&self, address: usize, size: usize) {
        let _errno = ErrnoGuard::new();
        // SAFETY: the caller owns the range; which pages it is made of changes nothing else.
        unsafe { libc::madvise(with_exposed_provenance_mut(address), size, libc::MADV_HUGEPAGE) };
    }

    fn avoid_huge(&self, address: usize, size: usize) {
        let _errno = ErrnoGuard::new();
        // SAFETY: as for `advise_huge`.
        unsafe { libc::madvise(with_exposed_provenance_mut(address), size, libc::MADV_NOHUGEPAGE) };
    }

    fn name_mapping(&self, address: usize, size: usize, name: &'static CStr) {
        let _errno = ErrnoGuard::new();
        // SAFETY: the name is a C string; kernels without names refuse.
        unsafe {
            libc::prctl(
                libc::PR_SET_VMA,
                libc::PR_SET_VMA_ANON_NAME as libc::c_ulong,
                address,
                size,
                name.as_ptr(),
            )
        };
    }

    fn now_ms(&self) -> u64 {
        let _errno = ErrnoGuard::new();
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a timespec. The C library reads a page that the kernel shares.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut now) };
        u64::try_from(now.tv_sec).unwrap_or(0) * 1000
            + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
    }

    fn unmap(&self, address: usize, size: usize) -> bool {
        let _errno = ErrnoGuard::new();
        // SAFETY: the caller owns the range and holds no reference into it.
        unsafe { libc::munmap(with_exposed_provenance_mut(address), size) == 0 }
    }

    fn remap(&self, address: usize, old_size: usize, new_size: usize) -> Option<usize> {
        let _errno = ErrnoGuard::new();
        // SAFETY: the caller owns the mapping and knows that it may move.
        let moved = unsafe {
            libc::mremap(
                with_exposed_provenance_mut(address),
                old_size,
                new_size,
                libc::MREMAP_MAYMOVE,
            )
        };
        (moved != libc::MAP_FAILED).then(|| moved.expose_provenance())
    }

    fn usable_cpus(&self) -> usize {
        let _errno = ErrnoGuard::new();
        match affinity() {
            1 => 1,
            cpus => cgroup::cpu_quota().map_or(cpus, |quota| quota.clamp(1, cpus)),
        }
    }

    fn discard(&self, address: usize, size: usize) -> bool {
        if splits_huge_pages(address, size) || is_kept(address, size) {
            return false;
        }
        let _errno = ErrnoGuard::new();
        // SAFETY: the caller owns the range and needs none of its content.
        unsafe {
            libc::madvise(with_exposed_provenance_mut(address), size, libc::MADV_DONTNEED) == 0
        }
    }
}

/// Whether a range may cut a huge page in two: the kernel would give back less than it was told to, without
/// saying so.
fn splits_huge_pages(address: usize, size: usize) -> bool {
    address < HUGE_END.load(Ordering::Relaxed)
        && address + size > HUGE_START.load(Ordering::Relaxed)
        && !(address | size).is_multiple_of(HUGE_PAGE.load(Ordering::Relaxed))
}

fn map(size: usize, flags: i32) -> Option<usize> {
    let _errno = ErrnoGuard::new();
    // SAFETY: an anonymous mapping at an address of the kernel's choice replaces nothing.
    let mapping = unsafe {
        libc::mmap(
            null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | flags,
            -1,
            0,
        )
    };
    (mapping != libc::MAP_FAILED).then(|| mapping.expose_provenance())
}

/// One entry of the auxiliary vector; `None` if it is absent or 0.
fn auxiliary_value(kind: libc::c_ulong) -> Option<usize> {
    // SAFETY: getauxval only reads the vector that the kernel left on the stack.
    let value = unsafe { libc::getauxval(kind) };
    usize::try_from(value).ok().filter(|&value| value != 0)
}

/// Random bits that the kernel gave this process at exec, without a system call.
pub(crate) fn auxiliary_random() -> u64 {
    let Some(address) = auxiliary_value(libc::AT_RANDOM) else {
        return 0;
    };
    // SAFETY: AT_RANDOM is the address of 16 random bytes on the initial stack, never unmapped. The
    // first 8 seed the stack protector and pointer guard of the C library; these are the others.
    unsafe { core::ptr::with_exposed_provenance::<u64>(address + 8).read_unaligned() }
}

/// Whether the process runs with more rights than its user (set-user-ID and the like).
pub(crate) fn is_secure() -> bool {
    auxiliary_value(libc::AT_SECURE).is_some()
}

/// Number of processors that the process may run on, at least 1.
fn affinity() -> usize {
    // SAFETY: an all-zero cpu_set_t is a valid, empty set.
    let mut set: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a cpu_set_t of the size given.
    let got = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    if got != 0 {
        return 1;
    }
    // SAFETY: the set is initialised.
    let count = unsafe { libc::CPU_COUNT(&set) };
    usize::try_from(count).unwrap_or(1).max(1)
}

/// Reads the start of a file into `buffer`, from a path that ends with a zero; the number of bytes. `None` if the
/// file cannot be opened or read.
///
/// The C library's own functions would be cancellation points, and the caller may hold a lock.
pub(super) fn read_file(path: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let _errno = ErrnoGuard::new();
    let path = CStr::from_bytes_until_nul(path).ok()?;
    let (here, flags) = (libc::AT_FDCWD, libc::O_RDONLY | libc::O_CLOEXEC);
    // SAFETY: the path is a C string.
    let file = unsafe { libc::syscall(libc::SYS_openat, here, path.as_ptr(), flags) };
    if file < 0 {
        return None;
    }
    let place = buffer.as_mut_ptr();
    // SAFETY: the pointer and length are those of a live slice.
    let length = unsafe { libc::syscall(libc::SYS_read, file, place, buffer.len()) };
    // SAFETY: just opened, and nobody else knows it.
    unsafe { libc::syscall(libc::SYS_close, file) };
    usize::try_from(length).ok()
}

/// Writes to standard error, as far as it takes it.
pub(crate) fn write_stderr(bytes: &[u8]) {
    let _errno = ErrnoGuard::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: the pointer and length are those of a live slice.
        let written = unsafe { libc::write(2, rest.as_ptr().cast(), rest.len()) };
        let Some(tail) = usize::try_from(written).ok().and_then(|n| rest.get(n..)) else {
            return;
        };
        if written == 0 {
            return;
        }
        rest = tail;
    }
}

/// Ends the process with `SIGABRT`.
pub fn abort() -> ! {
    // SAFETY: abort has no preconditions.
    unsafe { libc::abort() }
}
