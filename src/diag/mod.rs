//! The last words of a process whose heap is broken: one line on standard error, then `abort`.
//!
//! The wording is glibc's where the cause is the same, since scripts look for it. Nothing here
//! allocates, locks, or formats through `core::fmt`.

mod line;

pub(crate) use line::Line;

/// What the program, or somebody who overwrote the heap, did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Misuse {
    /// `free` of something that is not the start of a block of ours.
    FreeInvalidPointer,
    /// `realloc` of the same.
    ReallocInvalidPointer,
    /// `free` of a mapped chunk whose header is broken.
    UnmapInvalidPointer,
    /// A small block freed twice while it waits in a thread cache.
    DoubleFreeInCache,
    /// A block freed twice that is already back in its slab or the chunk heap.
    DoubleFree,
    /// The header behind a chunk that is freed was overwritten.
    InvalidNextSize,
    /// The header of a free neighbour and its size disagree.
    SizeVersusPrevSize,
    /// The links of a free chunk were overwritten.
    CorruptedList,
    /// The top chunk's header was overwritten.
    CorruptedTop,
    /// The header of a block that `realloc` looks at is broken.
    ReallocInvalidNextSize,
}

impl Misuse {
    /// glibc's text.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::FreeInvalidPointer => "free(): invalid pointer",
            Self::ReallocInvalidPointer => "realloc(): invalid pointer",
            Self::UnmapInvalidPointer => "munmap_chunk(): invalid pointer",
            Self::DoubleFreeInCache => "free(): double free detected in tcache 2",
            Self::DoubleFree => "double free or corruption (!prev)",
            Self::InvalidNextSize => "free(): invalid next size (normal)",
            Self::SizeVersusPrevSize => "corrupted size vs. prev_size",
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
