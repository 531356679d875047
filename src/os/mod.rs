//! The operating system: the only layer that makes system calls.
//!
//! After start-up these are `brk mmap munmap mremap madvise futex write` and nothing else (but `prctl` if
//! mappings are to have names, and those of `file.rs` if the heap is to lie in files), so that a seccomp
//! filter written for glibc's malloc fits. Only where the default limit of arenas is computed, when a tenth is due,
//! some files are read ([`System::usable_cpus`]): glibc from 2.39 on does that at the same moment. [`System`] is a trait
//! so that tests can run the whole heap over an operating system that refuses.

use core::ffi::CStr;

use crate::limits::Limits;

mod cgroup;
mod errno;
mod file;
mod futex;
#[cfg(not(test))]
mod last_words;
mod linux;
mod metered;
#[cfg(test)]
pub(crate) mod testing;
mod tls;
mod undisturbed;

pub(crate) use cgroup::memory_limit;
pub(crate) use errno::{ErrnoGuard, set_errno};
pub(crate) use file::{FileSystem, check_directory};
pub(crate) use futex::Futex;
#[cfg(not(test))]
pub(crate) use last_words::set_last_words;
pub use linux::abort;
pub(crate) use linux::{Linux, auxiliary_random, is_secure, write_stderr};
pub(crate) use metered::Metered;
pub(crate) use tls::ThreadSlot;
pub(crate) use undisturbed::Undisturbed;

use linux::read_file;

/// A lock whose waiters sleep in the kernel.
pub(crate) type Lock<T> = crate::sync::Lock<T, Futex>;

/// What the heap asks of the operating system. No call changes `errno`.
///
/// Addresses and sizes are in bytes; those of mappings are multiples of the page size.
pub(crate) trait System: FileSystem + Sync {
    /// Bytes in a page.
    fn page_size(&self) -> usize;

    /// The program break as the C library knows it; no system call once it is known.
    fn current_break(&self) -> usize;

    /// Moves the break by `delta` bytes and returns where it was; `None` if it cannot move.
    fn move_break(&self, delta: isize) -> Option<usize>;

    /// Maps `size` bytes of private, zeroed memory.
    fn map(&self, size: usize) -> Option<usize>;

    /// Unmaps; false if the kernel refuses (it may, when that would split a mapping).
    fn unmap(&self, address: usize, size: usize) -> bool;

    /// As [`Self::map`], from the pool of huge pages of `page` bytes, of which `size` is a multiple.
    fn map_huge(&self, _size: usize, _page: usize) -> Option<usize> {
        None
    }

    /// Asks for huge pages in a range of whole pages.
    fn advise_huge(&self, _address: usize, _size: usize) {}

    /// Asks for none in a range of whole pages.
    fn avoid_huge(&self, _address: usize, _size: usize) {}

    /// Gives a mapping a name that `/proc/self/maps` shows, if the kernel can do that.
    fn name_mapping(&self, _address: usize, _size: usize, _name: &'static CStr) {}

    /// Milliseconds of a clock that never goes back; coarse, and no system call.
    fn now_ms(&self) -> u64;

    /// Resizes a mapping, moving it if need be; `None` leaves it as it was.
    fn remap(&self, address: usize, old_size: usize, new_size: usize) -> Option<usize>;

    /// The limits of memory that it keeps, if it does.
    fn limits(&self) -> Option<&Limits> {
        None
    }

    /// Notes that somebody else took away so many bytes of the break.
    fn note_break_lost(&self, _bytes: usize) {}

    /// Processors that the process may use, at least 1: its affinity, and the time that its control groups allow, for
    /// which this reads files.
    fn usable_cpus(&self) -> usize {
        1
    }

    /// Gives the pages back; they read as zero from now on. False if the kernel refuses.
    fn discard(&self, address: usize, size: usize) -> bool;
}
