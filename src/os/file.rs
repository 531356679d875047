//! Memory in files: shared mappings of files that have no name and of which no descriptor is kept.
//!
//! The kernel writes such memory to the files' disk when it wants the pages, instead of ending the
//! process. A file takes its blocks there when it is made, so that no later write can fail for want of
//! them, which would be a `SIGBUS`; it is gone with its mapping.
//!
//! System calls besides those of [`System`](super::System): `openat fallocate prlimit64 pwrite64 close
//! rt_sigprocmask`, and `unlink getpid` where the file system has no `O_TMPFILE`, and what the C library does where it
//! has no `fallocate`.
#![expect(unsafe_code, reason = "system calls through the C library")]

use core::ffi::CStr;
use core::ptr::{null_mut, with_exposed_provenance, with_exposed_provenance_mut};

use super::errno::{errno, set_errno};
use super::{ErrnoGuard, Linux, Undisturbed};
use crate::sync::{AtomicUsize, Ordering};

/// What the heap asks of file systems. No call changes `errno`; those that make files need an
/// [`Undisturbed`]. Sizes are in bytes, as addresses multiples of the page size.
pub(crate) trait FileSystem {
    /// Address space for [`Self::map_file`]: it cannot be accessed, and takes no memory.
    fn reserve(&self, size: usize) -> Option<usize>;

    /// Maps a new file of `size` zero bytes in `directory`, at a `place` that the caller reserved, which a
    /// failure leaves to it, or anywhere. Children of fork do not get the mapping.
    fn map_file(&self, directory: &CStr, size: usize, place: Option<usize>) -> Option<usize>;

    /// The same, anywhere, with the content of that memory, and children of fork do get it. `None` also if
    /// the memory is not there (any more).
    fn copy_to_file(&self, directory: &CStr, address: usize, size: usize) -> Option<usize>;

    /// Unmaps what [`Self::copy_to_file`] mapped, or a part of it.
    fn drop_copy(&self, copy: usize, size: usize) -> bool;

    /// Moves a mapping to another place, over what is there.
    fn move_mapping(&self, from: usize, size: usize, to: usize) -> bool;

    /// Keeps a mapping from children of fork.
    fn withhold(&self, address: usize, size: usize) -> bool;

    /// Gives the blocks behind a mapped file back to its disk. The memory reads as zero, but must not be
    /// written to any more.
    fn punch(&self, address: usize, size: usize) -> bool;

    /// From now on `discard` refuses this range: it would not clear a file, and punching it would lose the
    /// blocks.
    fn never_discard(&self, address: usize, size: usize);
}

/// Ranges for which [`FileSystem::never_discard`] was called lie between these addresses.
static KEPT_START: AtomicUsize = AtomicUsize::new(usize::MAX);
static KEPT_END: AtomicUsize = AtomicUsize::new(0);

/// Files without a name that cannot be had at once get one for a moment, with a number of its own.
static NAMES: AtomicUsize = AtomicUsize::new(0);

/// How often something that was interrupted, or found its name taken, is tried.
const TRIES: usize = 100;

const READ_WRITE: i32 = libc::PROT_READ | libc::PROT_WRITE;

/// Whether a range has memory that must not be discarded.
pub(super) fn is_kept(address: usize, size: usize) -> bool {
    address < KEPT_END.load(Ordering::Relaxed)
        && address + size > KEPT_START.load(Ordering::Relaxed)
}

/// Whether files in that directory can be mapped; the error number says why not. That they have no room
/// there at the moment is no reason.
pub(crate) fn check_directory(directory: &CStr) -> Result<(), i32> {
    let _errno = ErrnoGuard::new();
    let _undisturbed = Undisturbed::new();
    let size = super::System::page_size(&Linux);
    let file = File::create(directory).ok_or_else(errno)?;
    match file.reserve(size) {
        0 => {}
        libc::ENOSPC | libc::EDQUOT | libc::EFBIG => return Ok(()),
        code => return Err(code),
    }
    let start = file.map(size, None).ok_or_else(errno)?;
    // Huge pages can be mapped, but not unmapped, in others.
    if super::System::unmap(&Linux, start, size) { Ok(()) } else { Err(libc::EINVAL) }
}

impl FileSystem for Linux {
    fn reserve(&self, size: usize) -> Option<usize> {
        let _errno = ErrnoGuard::new();
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice replaces nothing.
        let mapping = unsafe { libc::mmap(null_mut(), size, libc::PROT_NONE, flags, -1, 0) };
        (mapping != libc::MAP_FAILED).then(|| mapping.expose_provenance())
    }

    fn map_file(&self, directory: &CStr, size: usize, place: Option<usize>) -> Option<usize> {
        let _errno = ErrnoGuard::new();
        let file = File::create(directory)?;
        if file.reserve(size) != 0 {
            return None;
        }
        let start = file.map(size, place)?;
        if self.withhold(start, size) {
            return Some(start);
        }
        if place.is_none() {
            super::System::unmap(self, start, size);
        }
        None
    }

    fn copy_to_file(&self, directory: &CStr, address: usize, size: usize) -> Option<usize> {
        let _errno = ErrnoGuard::new();
        let file = File::create(directory)?;
        if file.reserve(size) != 0 || !file.write(address, size) {
            return None;
        }
        file.map(size, None)
    }

    fn drop_copy(&self, copy: usize, size: usize) -> bool {
        super::System::unmap(self, copy, size)
    }

    fn move_mapping(&self, from: usize, size: usize, to: usize) -> bool {
        let _errno = ErrnoGuard::new();
        // SAFETY: the caller owns both ranges, and nobody uses what lies at the second.
        let moved = unsafe {
            libc::mremap(
                with_exposed_provenance_mut(from),
                size,
                size,
                libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED,
                with_exposed_provenance_mut::<u8>(to),
            )
        };
        moved.expose_provenance() == to
    }

    fn withhold(&self, address: usize, size: usize) -> bool {
        let _errno = ErrnoGuard::new();
        // SAFETY: the caller owns the mapping, whose content stays as it is.
        unsafe {
            libc::madvise(with_exposed_provenance_mut(address), size, libc::MADV_DONTFORK) == 0
        }
    }

    fn punch(&self, address: usize, size: usize) -> bool {
        let _errno = ErrnoGuard::new();
        // SAFETY: the caller owns the range and needs none of its content.
        unsafe { libc::madvise(with_exposed_provenance_mut(address), size, libc::MADV_REMOVE) == 0 }
    }

    fn never_discard(&self, address: usize, size: usize) {
        KEPT_START.fetch_min(address, Ordering::Relaxed);
        KEPT_END.fetch_max(address + size, Ordering::Relaxed);
    }
}

/// The descriptor of a file without a name, closed with this value.
struct File(i32);

impl File {
    /// A new, empty one; else `errno` says why.
    fn create(directory: &CStr) -> Option<Self> {
        let _placeholders = Self::fill_standard_streams(directory)?;
        let flags = libc::O_TMPFILE | libc::O_EXCL | libc::O_RDWR;
        let file = Self::open(directory, flags);
        if file.is_none() && matches!(errno(), libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL) {
            return Self::create_named(directory);
        }
        file
    }

    /// Makes sure that no file gets the number of a standard stream: where these are closed, another thread that
    /// prints would write into the heap. What stands in for them cannot be read or written.
    fn fill_standard_streams(directory: &CStr) -> Option<[Option<Self>; 4]> {
        let mut placeholders = [const { None }; 4];
        for place in &mut placeholders {
            let placeholder = Self::open(directory, libc::O_PATH)?;
            let is_above = placeholder.0 > 2;
            *place = Some(placeholder);
            if is_above {
                break;
            }
        }
        Some(placeholders)
    }

    fn open(path: &CStr, flags: i32) -> Option<Self> {
        // SAFETY: the path is a C string.
        let descriptor = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o600) };
        (descriptor >= 0).then_some(Self(descriptor))
    }

    /// The same where a file must have a name at first.
    #[cold]
    #[inline(never)]
    fn create_named(directory: &CStr) -> Option<Self> {
        for _ in 0..TRIES {
            let path = Path::new(directory, NAMES.fetch_add(1, Ordering::Relaxed));
            let path = CStr::from_bytes_until_nul(&path.0).ok()?;
            if let Some(file) = Self::open(path, libc::O_CREAT | libc::O_EXCL | libc::O_RDWR) {
                // SAFETY: the path is a C string.
                let failed = unsafe { libc::unlink(path.as_ptr()) };
                return (failed == 0).then_some(file);
            }
            match errno() {
                libc::EEXIST => {}
                // The directory is there, but takes no files.
                libc::ENOENT => {
                    set_errno(libc::EOPNOTSUPP);
                    return None;
                }
                _ => return None,
            }
        }
        None
    }

    /// Makes the file so long and takes its blocks on the disk; 0 or an error number.
    fn reserve(&self, size: usize) -> i32 {
        if exceeds_limit(size) {
            return libc::EFBIG;
        }
        let Ok(size) = i64::try_from(size) else { return libc::EFBIG };
        // SAFETY: the descriptor is open, and its file is this value's alone.
        let mut results = (0..TRIES).map(|_| unsafe { libc::posix_fallocate(self.0, 0, size) });
        // A process that was stopped meanwhile begins again.
        results.find(|&result| result != libc::EINTR).unwrap_or(libc::EINTR)
    }

    /// Fills the file with that memory, which another thread may be unmapping: then false.
    fn write(&self, address: usize, size: usize) -> bool {
        let mut done = 0;
        while done < size {
            let Ok(offset) = i64::try_from(done) else { return false };
            let source = with_exposed_provenance(address + done);
            // SAFETY: the kernel reads the memory, and fails if there is none.
            let written = unsafe { libc::pwrite(self.0, source, size - done, offset) };
            match usize::try_from(written) {
                Ok(written) if written > 0 => done += written,
                Err(_) if errno() == libc::EINTR => {}
                _ => return false,
            }
        }
        true
    }

    /// Maps the file, whose size is at least this.
    fn map(&self, size: usize, place: Option<usize>) -> Option<usize> {
        let fixed = if place.is_some() { libc::MAP_FIXED } else { 0 };
        let address = with_exposed_provenance_mut(place.unwrap_or(0));
        // SAFETY: at an address of the kernel's choice it replaces nothing, at another what the caller
        // reserved.
        let mapping =
            unsafe { libc::mmap(address, size, READ_WRITE, libc::MAP_SHARED | fixed, self.0, 0) };
        (mapping != libc::MAP_FAILED).then(|| mapping.expose_provenance())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // The error number of what failed before is still wanted.
        let _errno = ErrnoGuard::new();
        // SAFETY: the descriptor is this value's, which ends here.
        unsafe { libc::close(self.0) };
    }
}

/// Whether a file must not be so long. To try it would be a signal that ends the process.
fn exceeds_limit(size: usize) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a struct of that type.
    let failed = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    failed == 0 && u64::try_from(size).is_ok_and(|size| size > limit.rlim_cur)
}

/// A path of a file in a directory, ending with a zero byte.
struct Path([u8; libc::PATH_MAX as usize]);

impl Path {
    /// The path of file `number` of this process.
    fn new(directory: &CStr, number: usize) -> Self {
        // SAFETY: no preconditions.
        let process = unsafe { libc::getpid() };
        let mut bytes = [0; libc::PATH_MAX as usize];
        let places = bytes.split_last_mut().map(|(_, places)| places.iter_mut());
        let name = directory.to_bytes().iter().copied().chain(*b"/.arenite-");
        let digits = |number: usize| (0..16).rev().map(move |at| (number >> (4 * at)) & 15);
        let number = digits(usize::try_from(process).unwrap_or(0)).chain(digits(number));
        let number = number.map(|digit| b"0123456789abcdef".get(digit).copied().unwrap_or(b'0'));
        for (place, byte) in places.into_iter().flatten().zip(name.chain(number)) {
            *place = byte;
        }
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::System;

    const PAGE: usize = 4096;

    fn directory() -> std::ffi::CString {
        std::ffi::CString::new(std::env::temp_dir().into_os_string().into_encoded_bytes()).unwrap()
    }

    fn word(address: usize) -> *mut usize {
        with_exposed_provenance_mut(address)
    }

    #[test]
    fn a_file_is_memory_without_a_name() {
        let start = Linux.map_file(&directory(), 3 * PAGE, None).unwrap();
        // SAFETY: the start of a fresh mapping.
        unsafe { word(start).write(7) };
        let copy = Linux.copy_to_file(&directory(), start, 3 * PAGE).unwrap();
        // SAFETY: as above.
        assert_eq!(unsafe { word(copy).read() }, 7);
        assert!(Linux.punch(start, PAGE));
        // SAFETY: as above.
        assert_eq!(unsafe { word(start).read() }, 0);
        assert!(Linux.move_mapping(copy, 3 * PAGE, start));
        // SAFETY: as above.
        assert_eq!(unsafe { word(start).read() }, 7);
        assert!(Linux.unmap(start, 3 * PAGE));
        assert_eq!(Linux.copy_to_file(&directory(), start, 3 * PAGE), None);
    }

    #[test]
    fn a_file_takes_a_place_that_was_reserved() {
        let place = Linux.reserve(4 * PAGE).unwrap();
        assert_eq!(Linux.map_file(&directory(), PAGE, Some(place + PAGE)), Some(place + PAGE));
        // SAFETY: as above.
        unsafe { word(place + PAGE).write(1) };
        assert!(Linux.unmap(place, 4 * PAGE));
    }

    #[test]
    fn a_name_for_a_moment_will_do() {
        let file = File::create_named(&directory()).unwrap();
        assert_eq!(file.reserve(PAGE), 0);
        let path = Path::new(c"/some/directory", 0x2a);
        let text = CStr::from_bytes_until_nul(&path.0).unwrap().to_str().unwrap();
        assert!(text.starts_with("/some/directory/.arenite-0"), "{text}");
        assert!(text.ends_with("000000000000002a"), "{text}");
    }

    #[test]
    fn a_bad_directory_is_known_by_its_error() {
        assert_eq!(check_directory(&directory()), Ok(()));
        assert_eq!(check_directory(c"/nonexistent/directory"), Err(libc::ENOENT));
        assert_eq!(check_directory(c"/dev/null"), Err(libc::ENOTDIR));
        assert!(check_directory(c"/proc").is_err());
    }
}
