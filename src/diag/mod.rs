//! The last words of a process whose heap is broken: one line on standard error, then `abort`.
//!
//! The wording is glibc's where the cause is the same, since scripts look for it. Nothing here
//! allocates, locks, or formats through `core::fmt`.

mod line;

pub(crate) use line::{DIGITS, Line, digits};

/// What the program, or somebody who overwrote the heap, did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Misuse {
    /// `free` of something that is not the start of a block of ours.
    FreeInvalidPointer,
    /// `free` of a block with a size in its header that no chunk has.
    FreeInvalidSize,
    /// `realloc` of something that is not the start of a block of ours.
    ReallocInvalidPointer,
    /// `realloc` of a block with a size in its header that no chunk has.
    ReallocInvalidOldSize,
    /// `free` of a mapped chunk whose header is broken.
    UnmapInvalidPointer,
    /// `realloc` of such a chunk.
    RemapInvalidPointer,
    /// A small block freed twice while it waits in a thread cache.
    DoubleFreeInCache,
    /// A block freed twice that is already back in its slab or the chunk heap.
    DoubleFree,
    /// A block freed twice that has become the top.
    DoubleFreeTop,
    /// The header behind a chunk that is freed was overwritten.
    InvalidNextSize,
    /// The header of a free neighbour and its size disagree.
    SizeVersusPrevSize,
    /// The same of the neighbour in front, while a chunk that is freed merges with it.
    SizeVersusPrevSizeMerging,
    /// The links of a free chunk were overwritten.
    CorruptedList,
    /// The top chunk's header was overwritten.
    CorruptedTop,
    /// `malloc` takes a free chunk whose header was overwritten.
    FreeChunkInvalidSize,
    /// `malloc` takes a free chunk, and the header behind it was overwritten.
    FreeChunkInvalidNextSize,
    /// `malloc` takes a free chunk whose size is not the one noted behind it.
    FreeChunkMismatchingSize,
    /// `malloc` takes a free chunk that is in use as the header behind it has it.
    FreeChunkInUse,
    /// The header behind a block that `realloc` looks at is broken.
    ReallocInvalidNextSize,
}

impl Misuse {
    /// glibc's text.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::FreeInvalidPointer => "free(): invalid pointer",
            Self::FreeInvalidSize => "free(): invalid size",
            Self::ReallocInvalidOldSize => "realloc(): invalid old size",
            Self::ReallocInvalidPointer => "realloc(): invalid pointer",
            Self::UnmapInvalidPointer => "munmap_chunk(): invalid pointer",
            Self::RemapInvalidPointer => "mremap_chunk(): invalid pointer",
            Self::DoubleFreeTop => "double free or corruption (top)",
            Self::DoubleFreeInCache => "free(): double free detected in tcache 2",
            Self::DoubleFree => "double free or corruption (!prev)",
            Self::InvalidNextSize => "free(): invalid next size (normal)",
            Self::SizeVersusPrevSize => "corrupted size vs. prev_size",
            Self::SizeVersusPrevSizeMerging => "corrupted size vs. prev_size while consolidating",
            Self::FreeChunkInvalidSize => "malloc(): invalid size (unsorted)",
            Self::FreeChunkInvalidNextSize => "malloc(): invalid next size (unsorted)",
            Self::FreeChunkMismatchingSize => "malloc(): mismatching next->prev_size (unsorted)",
            Self::FreeChunkInUse => "malloc(): invalid next->prev_inuse (unsorted)",
            Self::CorruptedList => "corrupted double-linked list",
            Self::CorruptedTop => "malloc(): corrupted top size",
            Self::ReallocInvalidNextSize => "realloc(): invalid next size",
        }
    }

    /// The line that is printed for `address`.
    pub(crate) fn line(self, address: usize) -> Line {
        let mut line = Line::new();
        line.push_text(self.text());
        line.push_text(": ");
        line.push_hex(address);
        line.push_text("\n");
        line
    }
}

/// Says what is wrong with the block at `address` and ends the process.
#[cold]
#[inline(never)]
#[cfg_attr(test, expect(clippy::panic, reason = "so that tests see it"))]
pub(crate) fn fatal(misuse: Misuse, address: usize) -> ! {
    #[cfg(test)]
    panic!("{}: {address:#x}", misuse.text());
    #[cfg(not(test))]
    {
        let line = misuse.line(address);
        crate::os::write_stderr(line.as_bytes());
        crate::os::set_last_words(line.as_bytes());
        crate::os::abort()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_glibcs_words_and_the_address() {
        let line = Misuse::FreeInvalidPointer.line(0x55d0_1234);
        assert_eq!(line.as_bytes(), b"free(): invalid pointer: 0x55d01234\n");
    }
}
