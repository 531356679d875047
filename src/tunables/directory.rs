//! The one setting that is a text: a directory.
#![expect(unsafe_code, reason = "bytes that do not change any more are a C string")]

use core::ffi::CStr;

use crate::sync::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// Longest path in bytes; behind it a file has a name of up to 64 bytes.
const LONGEST: usize = 4096 - 65;

/// The path of a directory, or none.
///
/// # Invariant
/// If the length is not 0, so many bytes other than zero and a zero byte behind them lie in `bytes`, and
/// nobody stores there any more.
pub(crate) struct Directory {
    bytes: [AtomicU8; LONGEST + 1],
    length: AtomicUsize,
    /// Whether a path was stored, though it may have been taken back.
    is_set: AtomicBool,
}

impl Directory {
    /// None.
    pub(super) const fn new() -> Self {
        Self {
            bytes: [const { AtomicU8::new(0) }; LONGEST + 1],
            length: AtomicUsize::new(0),
            is_set: AtomicBool::new(false),
        }
    }

    /// Sets the path, once; false if it is not absolute, too long, or a second one.
    pub(super) fn set(&self, path: &[u8]) -> bool {
        let is_path = path.first() == Some(&b'/') && path.len() <= LONGEST && !path.contains(&0);
        if !is_path || self.is_set.swap(true, Ordering::Relaxed) {
            return false;
        }
        for (place, &byte) in self.bytes.iter().zip(path) {
            place.store(byte, Ordering::Relaxed);
        }
        // Release: pairs with the Acquire in `get`.
        self.length.store(path.len(), Ordering::Release);
        true
    }

    /// Takes the path back.
    pub(super) fn clear(&self) {
        self.length.store(0, Ordering::Relaxed);
    }

    /// The path.
    pub(super) fn get(&self) -> Option<&CStr> {
        // Acquire: pairs with the Release in `set`.
        if self.length.load(Ordering::Acquire) == 0 {
            return None;
        }
        // SAFETY: by the invariant this is a C string that stays as it is; an atomic byte is one byte.
        Some(unsafe { CStr::from_ptr(self.bytes.as_ptr().cast()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_set_once() {
        let directory = Directory::new();
        let long = [b'/'; LONGEST + 1];
        for bad in [b"".as_slice(), b"tmp", b"/a\0b", &long] {
            assert!(!directory.set(bad) && directory.get().is_none());
        }
        assert!(directory.set(b"/var/tmp") && !directory.set(b"/other"));
        assert_eq!(directory.get(), Some(c"/var/tmp"));
        directory.clear();
        assert_eq!(directory.get(), None);
        let directory = Directory::new();
        assert!(directory.set(&long[1..]));
        assert_eq!(directory.get().map(CStr::count_bytes), Some(LONGEST));
    }
}
