//! The boundary tag: the two words in front of every block of an arena.
//!
//! ```text
//! chunk → +0   prev_size   size of the previous chunk if that is free, else its user data
//!         +8   tag         63..48 check | 47..4 size | 2..1 kind | 0 PREV_IN_USE
//!  user → +16  user data of a chunk in use, to 8 bytes into the next chunk
//!              free: +16 next in bin, +24 previous in bin, from 4 KiB on +32 and +40 the dirty range
//! ```
//!
//! The check is a keyed hash of address, size, kind and *state* (in use or free), so a pointer
//! into the middle of a block, a header that was overwritten, and a block that is already free are
//! recognised from this word alone, without a lock. Every chunk that becomes free gets a free tag
//! before it merges, so no valid in-use tag is ever left behind.
//!
//! A tag is written under the lock of the chunk's arena; the chunk's user reads it without.
#![expect(unsafe_code, reason = "reads and writes the words of chunk headers")]

use core::ptr::with_exposed_provenance_mut;

use crate::sync::{AtomicUsize, Ordering};
use crate::units::ALIGNMENT;

/// Bytes from a chunk to its user data.
pub(crate) const USER_OFFSET: usize = 16;
/// Bytes of an in-use chunk that the user cannot have.
pub(crate) const CHUNK_OVERHEAD: usize = 8;
/// Smallest chunk in bytes: a free one holds a header, two links and a footer.
pub(crate) const MIN_CHUNK: usize = 32;

const PREV_IN_USE: usize = 1;
const KIND_MASK: usize = 0b110;
const SIZE_MASK: usize = 0x0000_ffff_ffff_fff0;
const CHECK_SHIFT: u32 = 48;
/// All but the check itself and the flag that neighbours change.
const COVERED: usize = ((1 << CHECK_SHIFT) - 1) & !PREV_IN_USE;
const PREV_SIZE: usize = 0;
const TAG: usize = 8;
const NEXT_LINK: usize = 16;
const PREV_LINK: usize = 24;
const DIRTY_START: usize = 32;
const DIRTY_END: usize = 40;

/// The secret of the check, random in each process.
#[derive(Clone, Copy)]
pub(crate) struct Key(u64);

impl Key {
    /// A key from random bits.
    pub(crate) const fn new(random: u64) -> Self {
        Self(random | 1)
    }

    /// As a number, for [`Self::from_bits`].
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// The key that had these bits.
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// A word that marks the block at this address, and that no program guesses.
    pub(crate) const fn mark(self, block: usize) -> usize {
        (usize::from_ne_bytes(self.0.to_ne_bytes())).rotate_left(17) ^ block
    }

    /// The 16 bits for a chunk with these covered bits of its tag.
    fn check(self, chunk: Chunk, covered: usize, state: State) -> usize {
        // No sixteen bits of the factor are all alike, so that a tag in which one bit changed never has the
        // right check; of others one in 65,536 does.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let place = chunk.0 as u64 ^ self.0 ^ (covered as u64).rotate_left(27);
        let check = usize::from((place.wrapping_mul(SPREAD) >> CHECK_SHIFT) as u16);
        // The two states of one chunk must never look the same, not even once in 65,536.
        match state {
            State::Free => check ^ 0xa5a5,
            State::InUse | State::Broken => check,
        }
    }
}

/// What a chunk is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A block of a user, or a free one.
    Plain,
    /// A mapping of its own.
    Mapped,
    /// A slab.
    Slab,
    /// The last 16 bytes of a region; its size is that of the region.
    Fence,
}

impl Kind {
    const fn bits(self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Mapped => 0b010,
            Self::Slab => 0b100,
            Self::Fence => 0b110,
        }
    }

    const fn from_bits(tag: usize) -> Self {
        match tag & KIND_MASK {
            0 => Self::Plain,
            0b010 => Self::Mapped,
            0b100 => Self::Slab,
            _ => Self::Fence,
        }
    }
}

/// Whether a chunk is in use, by its tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Handed out (a thread cache counts as a user).
    InUse,
    /// Free, or merged into a free chunk that may since have been handed out.
    Free,
    /// Not a tag of ours.
    Broken,
}

/// A tag, decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    /// Size in bytes from this chunk to the next; a multiple of 16.
    pub(crate) size: usize,
    /// What it is.
    pub(crate) kind: Kind,
    /// Whether it is in use.
    pub(crate) state: State,
    /// Whether the previous chunk is in use (then `prev_size` is not ours to read).
    pub(crate) is_prev_in_use: bool,
}

impl Header {
    /// Header of a chunk in use.
    pub(crate) const fn in_use(size: usize, kind: Kind, is_prev_in_use: bool) -> Self {
        Self { size, kind, state: State::InUse, is_prev_in_use }
    }

    /// Header of a free chunk: its previous neighbour is in use, or they would be one.
    pub(crate) const fn free(size: usize) -> Self {
        Self { size, kind: Kind::Plain, state: State::Free, is_prev_in_use: true }
    }
}

/// The address of a chunk.
///
/// # Invariant
/// 16-aligned; the 32 bytes from here are mapped memory of a region or of a mapped chunk, and this
/// thread may read them (and write them, if it holds the lock of the arena or owns the block).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Chunk(usize);

impl Chunk {
    /// The chunk at this address.
    ///
    /// # Safety
    /// The address meets the invariant of the type.
    pub(crate) const unsafe fn at(address: usize) -> Self {
        debug_assert!(address.is_multiple_of(ALIGNMENT));
        Self(address)
    }

    /// A chunk in memory of a test, which keeps it for as long.
    #[cfg(test)]
    pub(crate) fn in_memory<const N: usize>(memory: &mut [u128; N]) -> Self {
        // SAFETY: 16-aligned; the tests use at least 32 bytes.
        unsafe { Self::at(core::ptr::from_mut(memory).expose_provenance()) }
    }

    /// Its address.
    pub(crate) const fn address(self) -> usize {
        self.0
    }

    /// Address of its user data.
    pub(crate) const fn user_address(self) -> usize {
        self.0 + USER_OFFSET
    }

    /// The place `bytes` further on, inside the same region.
    pub(crate) const fn forward(self, bytes: usize) -> Self {
        debug_assert!(bytes.is_multiple_of(ALIGNMENT));
        Self(self.0 + bytes)
    }

    /// The place `bytes` further back, inside the same region.
    pub(crate) const fn back(self, bytes: usize) -> Self {
        debug_assert!(bytes.is_multiple_of(ALIGNMENT));
        Self(self.0 - bytes)
    }

    /// The decoded tag.
    pub(crate) fn header(self, key: Key) -> Header {
        let tag = self.word(TAG).load(Ordering::Relaxed);
        let (covered, check) = (tag & COVERED, tag >> CHECK_SHIFT);
        // Memory is mostly zeros: those are no tag, whatever their check would be.
        let state = if tag & SIZE_MASK == 0 {
            State::Broken
        } else if check == key.check(self, covered, State::InUse) {
            State::InUse
        } else if check == key.check(self, covered, State::Free) {
            State::Free
        } else {
            State::Broken
        };
        Header {
            size: tag & SIZE_MASK,
            kind: Kind::from_bits(tag),
            state,
            is_prev_in_use: tag & PREV_IN_USE != 0,
        }
    }

    /// The size in the tag, which nothing vouches for.
    pub(crate) fn size(self) -> usize {
        self.word(TAG).load(Ordering::Relaxed) & SIZE_MASK
    }

    /// Writes the tag.
    pub(crate) fn set_header(self, header: Header, key: Key) {
        debug_assert!(header.size & !SIZE_MASK == 0);
        let covered = header.size | header.kind.bits();
        let check = key.check(self, covered, header.state) << CHECK_SHIFT;
        let tag = covered | check | usize::from(header.is_prev_in_use);
        self.word(TAG).store(tag, Ordering::Relaxed);
    }

    /// Notes whether the previous chunk is in use; the rest of the tag stays, broken or not.
    pub(crate) fn set_prev_in_use(self, is_prev_in_use: bool) {
        let tag = self.word(TAG).load(Ordering::Relaxed);
        let tag = (tag & !PREV_IN_USE) | usize::from(is_prev_in_use);
        self.word(TAG).store(tag, Ordering::Relaxed);
    }

    /// The first word: the size of a free previous chunk, the lead of a mapped one.
    pub(crate) fn prev_size(self) -> usize {
        self.word(PREV_SIZE).load(Ordering::Relaxed)
    }

    /// Writes the first word.
    pub(crate) fn set_prev_size(self, size: usize) {
        self.word(PREV_SIZE).store(size, Ordering::Relaxed);
    }

    /// The next chunk in the bin of this free one, as an address; 0 for none.
    pub(crate) fn next_link(self) -> Option<Self> {
        Self::from_link(self.word(NEXT_LINK).load(Ordering::Relaxed))
    }

    /// The previous chunk in the bin of this free one.
    pub(crate) fn prev_link(self) -> Option<Self> {
        Self::from_link(self.word(PREV_LINK).load(Ordering::Relaxed))
    }

    /// Links the next chunk of the bin.
    pub(crate) fn set_next_link(self, next: Option<Self>) {
        self.word(NEXT_LINK).store(Self::to_link(next), Ordering::Relaxed);
    }

    /// Links the previous chunk of the bin.
    pub(crate) fn set_prev_link(self, previous: Option<Self>) {
        self.word(PREV_LINK).store(Self::to_link(previous), Ordering::Relaxed);
    }

    /// The whole tag as it is, valid or not.
    pub(crate) fn raw_tag(self) -> usize {
        self.word(TAG).load(Ordering::Relaxed)
    }

    /// The words of a large free chunk that hold its dirty range.
    pub(super) fn dirty_words(self) -> (usize, usize) {
        let load = |offset| self.word(offset).load(Ordering::Relaxed);
        (load(DIRTY_START), load(DIRTY_END))
    }

    /// Writes them.
    pub(super) fn set_dirty_words(self, start: usize, end: usize) {
        self.word(DIRTY_START).store(start, Ordering::Relaxed);
        self.word(DIRTY_END).store(end, Ordering::Relaxed);
    }

    /// Clears the two words of a header, so that the memory reads as never used.
    pub(crate) fn erase(self) {
        self.word(PREV_SIZE).store(0, Ordering::Relaxed);
        self.word(TAG).store(0, Ordering::Relaxed);
    }

    /// A link to a chunk, or to none.
    pub(super) fn to_link(chunk: Option<Self>) -> usize {
        chunk.map_or(0, Self::address)
    }

    /// A link that the program may have overwritten: whoever follows it compares the links back.
    pub(super) fn from_link(address: usize) -> Option<Self> {
        (address != 0).then_some(Self(address & !(ALIGNMENT - 1)))
    }

    fn word(self, offset: usize) -> &'static AtomicUsize {
        // SAFETY: by the invariant the word is mapped and aligned; all access to it is atomic or
        // ordered by the arena's lock. The reference is not kept beyond the access.
        unsafe { AtomicUsize::from_ptr(with_exposed_provenance_mut(self.0 + offset)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_chunk(test: impl Fn(Chunk, Key)) {
        for random in [0, 1, 0x1234_5678_9abc_def0, u64::MAX] {
            test(Chunk::in_memory(&mut [0xa5_u128; 16]), Key::new(random));
        }
    }

    #[test]
    fn a_header_reads_as_it_was_written() {
        with_chunk(|chunk, key| {
            for kind in [Kind::Plain, Kind::Mapped, Kind::Slab, Kind::Fence] {
                for size in [32, 48, 65_536, SIZE_MASK] {
                    let header = Header::in_use(size, kind, size == 48);
                    chunk.set_header(header, key);
                    assert_eq!(chunk.header(key), header);
                }
            }
            let free = Header::free(4096);
            chunk.set_header(free, key);
            assert_eq!(chunk.header(key), free);
        });
    }

    #[test]
    fn only_the_previous_neighbours_flag_may_change() {
        with_chunk(|chunk, key| {
            chunk.set_header(Header::in_use(64, Kind::Plain, true), key);
            chunk.set_prev_in_use(false);
            assert_eq!(chunk.header(key), Header::in_use(64, Kind::Plain, false));
            let tag = chunk.word(TAG).load(Ordering::Relaxed);
            for bit in 1..64 {
                chunk.word(TAG).store(tag ^ (1 << bit), Ordering::Relaxed);
                let state = chunk.header(key).state;
                assert_ne!(state, State::InUse, "bit {bit}");
            }
        });
    }

    #[test]
    fn the_states_never_look_the_same() {
        with_chunk(|chunk, key| {
            for size in (32..4 << 20).step_by(16) {
                let header = Header::free(size);
                chunk.set_header(header, key);
                assert_eq!(chunk.header(key), header);
            }
        });
    }

    #[test]
    fn zeros_are_no_tag_whatever_the_key() {
        let mut memory = [0_u128; 2];
        let chunk = Chunk::in_memory(&mut memory);
        for random in 0..200_000 {
            assert_eq!(chunk.header(Key::new(random << 40 | random)).state, State::Broken);
        }
    }

    #[test]
    fn a_tag_is_not_valid_elsewhere() {
        with_chunk(|chunk, key| {
            chunk.set_header(Header::in_use(64, Kind::Plain, true), key);
            let tag = chunk.word(TAG).load(Ordering::Relaxed);
            let other = chunk.forward(16);
            other.word(TAG).store(tag, Ordering::Relaxed);
            assert_ne!(other.header(key).state, State::InUse);
        });
    }
}
