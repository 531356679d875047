//! One bin: a stack of block addresses in an array.
//!
//! ```text
//!  floor      base              top            end
//!  | 0 | 0 | block | block | … |  free places  |
//! ```
//!
//! Allocation pops unless `top == base`; a free pushes unless `top == end`. Everything else is somebody
//! else's, slower path. Moving `base` or `end` towards `top` sends the next call there: that is how
//! features that need to look at every call are turned on at no cost to the others. A bin of zeros is
//! both full and empty.
//!
//! A block that is pushed twice is looked for where it costs two instructions a comparison: a push
//! compares with the two blocks below, a pop with the third to fifth below. Zero words under `base`
//! make that possible at any depth. What lies further apart is found when the bin is emptied.
#![expect(unsafe_code, reason = "reads and writes the array between base and end")]

use core::cell::Cell;
use core::ptr::null_mut;
use core::slice;

use crate::sync::load_foreign;

/// Words of an array below `base`: one for a pool's link, the number of places, and five zeros.
pub(crate) const FLOOR_WORDS: usize = 7;
/// The one of them with the number of places, which never changes.
pub(super) const PLACES_WORD: usize = 1;
/// Blocks that are compared with one when it is looked for: all of a bin of the usual size; of a roomy one that would
/// take too long.
const LOOKED_AT: usize = 256;

/// Words of bits for the blocks that were seen when all of a bin are compared with each other, and how many of them
/// are compared at a time.
const SEEN_WORDS: usize = 128;
const BLOCKS_OF_PART: usize = 512;
/// As [`LOOKED_AT`], for a block that is aligned.
const LOOKED_AT_ALIGNED: usize = 16;

/// A bin; 32 bytes, so that four times the index (a class byte) times 8 is its offset.
///
/// # Invariant
/// `base ≤ top ≤ end`, all in one array of this thread (or all null) that begins with [`FLOOR_WORDS`] words,
/// the last five zeros, before `base`; the words from `base` to `top` are addresses of blocks.
#[repr(C)]
pub(crate) struct Bin {
    top: Cell<*mut usize>,
    base: Cell<*mut usize>,
    end: Cell<*mut usize>,
    /// `⌈2³² / size⌉` of a small class, the size of a medium one, else 0.
    magic: Cell<u32>,
    /// How often it was refilled since it last grew.
    refills: Cell<u32>,
}

impl Bin {
    /// A bin without an array.
    pub(super) const fn new(magic: u32) -> Self {
        Self {
            top: Cell::new(null_mut()),
            base: Cell::new(null_mut()),
            end: Cell::new(null_mut()),
            magic: Cell::new(magic),
            refills: Cell::new(0),
        }
    }

    /// Bytes of a block of this bin's medium class.
    #[inline]
    pub(super) fn medium_size(&self) -> usize {
        self.magic.get() as usize
    }

    /// Takes the block that was pushed last, unless it is also the third to fifth below.
    #[inline(always)]
    pub(crate) fn pop_checked(&self) -> Option<usize> {
        let top = self.top.get();
        if top == self.base.get() {
            return None;
        }
        // `base < top` by the invariant, and five zeros lie below `base`.
        let place = top.wrapping_sub(1);
        // SAFETY: see above.
        let block = unsafe { place.read() };
        for below in 3..=5 {
            // SAFETY: see above.
            if block == unsafe { place.wrapping_sub(below).read() } {
                return None;
            }
        }
        self.top.set(place);
        Some(block)
    }

    /// Whether the block that was pushed last lies in the bin a second time, as far as that is looked for.
    pub(crate) fn has_last_twice(&self) -> bool {
        self.blocks().split_last().is_some_and(|(last, rest)| newest(rest).contains(last))
    }

    /// The first block that is found to lie in the bin a second time.
    pub(crate) fn first_twice(&self) -> Option<usize> {
        let blocks = self.blocks();
        if blocks.len() < 2 {
            return None;
        }
        // Part by part, so that little memory is enough: this may run on the stack of a signal handler.
        let parts = blocks.len() / BLOCKS_OF_PART + 1;
        (0..parts).find_map(|part| {
            // Blocks whose bit was set before are looked for among those in front; hardly any others are.
            let mut seen = [0_u64; SEEN_WORDS];
            blocks.iter().enumerate().find_map(|(index, block)| {
                let hash = hash(*block);
                if hash / (64 * SEEN_WORDS) % parts != part {
                    return None;
                }
                let word = seen.get_mut(hash / 64 % SEEN_WORDS)?;
                let was_seen = *word & (1 << (hash % 64)) != 0;
                *word |= 1 << (hash % 64);
                (was_seen && blocks.get(..index)?.contains(block)).then_some(*block)
            })
        })
    }

    /// Takes the block that was pushed last.
    pub(crate) fn pop(&self) -> Option<usize> {
        let top = self.top.get();
        if top == self.base.get() {
            return None;
        }
        // SAFETY: `base < top` by the invariant, so the word below `top` is in the array.
        let place = unsafe { top.sub(1) };
        // SAFETY: as above, and it holds a block.
        let block = unsafe { place.read() };
        self.top.set(place);
        Some(block)
    }

    /// Takes the newest block that is aligned to `alignment`, a power of two, of those that are looked at.
    pub(crate) fn pop_aligned(&self, alignment: usize) -> Option<usize> {
        let blocks = self.blocks();
        let is_aligned = |block: &usize| block.is_multiple_of(alignment);
        let looked_at = blocks.len().saturating_sub(LOOKED_AT_ALIGNED);
        let place = looked_at + blocks.get(looked_at..)?.iter().rposition(is_aligned)?;
        let block = *blocks.get(place)?;
        let last = self.pop()?;
        if last != block {
            let place = self.base.get().wrapping_add(place);
            // SAFETY: one of the words from `base` to `top`, also without the last.
            unsafe { place.write(last) };
        }
        Some(block)
    }

    /// Pushes a small block if there is room, it starts where an object of this class may, and it is
    /// not among the two pushed last.
    #[inline(always)]
    pub(crate) fn push_checked(&self, block: usize) -> bool {
        let top = self.top.get();
        if top == self.end.get() {
            return false;
        }
        let magic = self.magic.get();
        #[expect(clippy::cast_possible_truncation, reason = "the offset in the unit is 16 bits")]
        let offset = u32::from(block as u16);
        // `top` is not null here, and five words lie below `base`.
        // SAFETY: see above.
        let last = unsafe { top.wrapping_sub(1).read() };
        // SAFETY: see above.
        let before_last = unsafe { top.wrapping_sub(2).read() };
        if offset.wrapping_mul(magic) >= magic || last == block || before_last == block {
            return false;
        }
        // SAFETY: `top < end` by the invariant.
        unsafe { top.write(block) };
        // Read again: adding to memory is one instruction.
        self.top.set(self.top.get().wrapping_add(1));
        true
    }

    /// Pushes a block if there is room.
    pub(crate) fn push(&self, block: usize) -> bool {
        let top = self.top.get();
        if top == self.end.get() {
            return false;
        }
        // SAFETY: `top < end` by the invariant.
        unsafe { top.write(block) };
        // SAFETY: at most `end`.
        self.top.set(unsafe { top.add(1) });
        true
    }

    /// Whether the block lies in this bin, as far as that is looked for.
    pub(crate) fn holds(&self, block: usize) -> bool {
        newest(self.blocks()).contains(&block)
    }

    /// Whether it holds no blocks.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.top.get() == self.base.get()
    }

    /// Number of blocks.
    pub(crate) fn len(&self) -> usize {
        (self.top.get().addr() - self.base.get().addr()) / size_of::<usize>()
    }

    /// Number of blocks as another thread sees it: right while the owner does nothing.
    pub(super) fn len_seen_by_others(&self) -> usize {
        self.seen_by_others().map_or(0, |(_, count)| count)
    }

    /// Calls `visit` with the blocks as another thread sees them: right while the owner does nothing, else
    /// some may be missing, and some may be what was in an array before.
    pub(super) fn visit_by_others(&self, mut visit: impl FnMut(usize)) {
        let Some((base, count)) = self.seen_by_others() else { return };
        for index in 0..count {
            // SAFETY: one of the places of the array, which lives for ever.
            visit(unsafe { base.wrapping_add(index).read_volatile() });
        }
    }

    /// The array and the number of blocks in it as another thread sees them.
    fn seen_by_others(&self) -> Option<(*mut usize, usize)> {
        let (top, base) = (load_foreign(&self.top), load_foreign(&self.base));
        if base.is_null() {
            return None;
        }
        // SAFETY: arrays live for ever, and each begins with the floor, which has this word.
        let places = unsafe { base.wrapping_sub(FLOOR_WORDS - PLACES_WORD).read_volatile() };
        let count = top.addr().saturating_sub(base.addr()) / size_of::<usize>();
        // `top` may be in another array by now.
        Some((base, count.min(places)))
    }

    /// Number of blocks that it can hold.
    pub(crate) fn capacity(&self) -> usize {
        (self.end.get().addr() - self.base.get().addr()) / size_of::<usize>()
    }

    /// Places in the array, of which those from `end` on are not used; 0 without one.
    pub(super) fn array_places(&self) -> usize {
        let base = self.base.get();
        if base.is_null() {
            return 0;
        }
        // SAFETY: an array begins with the floor, which has this word.
        unsafe { base.wrapping_sub(FLOOR_WORDS - PLACES_WORD).read() }
    }

    /// How often it was refilled since it last grew.
    pub(super) fn refills(&self) -> u32 {
        self.refills.get()
    }

    /// Counts a refill that is not made by [`Self::refill`].
    pub(super) fn note_refill(&self) {
        self.refills.set(self.refills.get().saturating_add(1));
    }

    /// The blocks, oldest first.
    pub(crate) fn blocks(&self) -> &[usize] {
        if self.base.get().is_null() {
            return &[];
        }
        // SAFETY: by the invariant the words from `base` to `top` are blocks; nothing is pushed or
        // popped while the slice is borrowed, since this thread is here.
        unsafe { slice::from_raw_parts(self.base.get(), self.len()) }
    }

    /// Calls `fill` with `count` free places (or as many as there are) and takes over what it filled
    /// from the end of the slice backwards; it returns how many.
    pub(crate) fn refill(&self, count: usize, fill: impl FnOnce(&mut [usize]) -> usize) {
        let count = count.min(self.capacity() - self.len());
        let top = self.top.get();
        if count == 0 || top.is_null() {
            return;
        }
        // SAFETY: `count` places from `top` on are in the array, free, and initialised (arrays come
        // zeroed or used before). `fill` does not touch this bin.
        let places = unsafe { slice::from_raw_parts_mut(top, count) };
        let filled = fill(places).min(count);
        if filled < count {
            // SAFETY: both ranges lie in the places.
            unsafe { top.copy_from(top.wrapping_add(count - filled), filled) };
        }
        // SAFETY: `filled ≤ count`.
        self.top.set(unsafe { top.add(filled) });
        self.note_refill();
    }

    /// Calls `take` with the `count` oldest blocks and removes them.
    pub(crate) fn remove_oldest(&self, count: usize, take: impl FnOnce(&[usize])) {
        let count = count.min(self.len());
        if count == 0 {
            return;
        }
        let (base, rest) = (self.base.get(), self.len() - count);
        // SAFETY: the first `count` words are blocks; `take` does not touch this bin.
        take(unsafe { slice::from_raw_parts(base, count) });
        // SAFETY: both ranges lie between `base` and `top`.
        unsafe { base.copy_from(base.wrapping_add(count), rest) };
        // SAFETY: `rest ≤ top - base`.
        self.top.set(unsafe { base.add(rest) });
    }

    /// Moves the blocks to a larger array, of whose places `capacity` are used; returns the start of
    /// the old one, if there was one, with its number of places.
    ///
    /// # Safety
    /// `array` points at the floor and `capacity` places or more, all initialised words that nobody else
    /// uses; `capacity` is at least the number of blocks.
    pub(super) unsafe fn move_to(
        &self,
        array: *mut usize,
        capacity: usize,
    ) -> Option<(*mut usize, usize)> {
        let blocks = self.len();
        let old = self.base.get();
        let old_places = self.array_places();
        // SAFETY: the array has so many words by the precondition.
        let base = unsafe { array.add(FLOOR_WORDS) };
        if !old.is_null() {
            // SAFETY: the old array holds so many blocks, the new one has room for them.
            unsafe { base.copy_from_nonoverlapping(old, blocks) };
        }
        self.base.set(base);
        // SAFETY: `blocks ≤ capacity`.
        self.top.set(unsafe { base.add(blocks) });
        // SAFETY: within the array.
        self.end.set(unsafe { base.add(capacity) });
        self.refills.set(0);
        // SAFETY: the old array, too, begins with the floor.
        (!old.is_null()).then(|| (unsafe { old.sub(FLOOR_WORDS) }, old_places))
    }

    /// From now on the bin holds up to `capacity` blocks, at least those that it has and at most as many as its array
    /// has places.
    pub(super) fn set_capacity(&self, capacity: usize) {
        debug_assert!((self.len()..=self.array_places()).contains(&capacity));
        // Within the array.
        self.end.set(self.base.get().wrapping_add(capacity));
        self.refills.set(0);
    }

    /// Forgets the array; the bin must hold no blocks.
    pub(super) fn detach(&self) -> Option<(*mut usize, usize)> {
        debug_assert!(self.is_empty());
        let (old, places) = (self.base.get(), self.array_places());
        self.top.set(null_mut());
        self.base.set(null_mut());
        self.end.set(null_mut());
        // SAFETY: an array begins with the floor.
        (!old.is_null()).then(|| (unsafe { old.sub(FLOOR_WORDS) }, places))
    }
}

/// Bits from all of a block's address.
fn hash(block: usize) -> usize {
    block.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

/// The blocks that were pushed last.
fn newest(blocks: &[usize]) -> &[usize] {
    blocks.get(blocks.len().saturating_sub(LOOKED_AT)..).unwrap_or(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(magic: u32, capacity: usize) -> Bin {
        let bin = Bin::new(magic);
        // SAFETY: so many words, leaked.
        assert!(unsafe { bin.move_to(array(capacity), capacity) }.is_none());
        bin
    }

    fn array(places: usize) -> *mut usize {
        let array = Box::leak(vec![0_usize; FLOOR_WORDS + places].into_boxed_slice());
        array[PLACES_WORD] = places;
        array.as_mut_ptr()
    }

    #[test]
    fn a_bin_of_zeros_is_full_and_empty() {
        let bin = Bin::new(0);
        assert_eq!(bin.pop(), None);
        assert!(!bin.push(16) && !bin.push_checked(16));
        assert_eq!((bin.len(), bin.capacity(), bin.blocks()), (0, 0, [].as_slice()));
        bin.refill(4, |_| unreachable!());
        bin.remove_oldest(4, |_| unreachable!());
    }

    #[test]
    fn last_in_first_out_up_to_the_capacity() {
        let bin = bin(1 << 28, 4);
        assert!((1..=4).all(|i| bin.push_checked(i * 16)));
        assert!(!bin.push_checked(80) && !bin.push(80));
        assert_eq!([(); 5].map(|()| bin.pop()), [Some(64), Some(48), Some(32), Some(16), None]);
    }

    #[test]
    fn an_aligned_block_is_taken_from_between_others() {
        let bin = bin(1, 8);
        assert!([16, 128, 48, 256, 80].into_iter().all(|block| bin.push(block)));
        assert_eq!(bin.pop_aligned(64), Some(256));
        assert_eq!(bin.blocks(), [16, 128, 48, 80]);
        assert_eq!((bin.pop_aligned(128), bin.pop_aligned(64)), (Some(128), None));
        assert_eq!((bin.pop_aligned(16), bin.blocks()), (Some(48), [16, 80].as_slice()));
    }

    #[test]
    fn wrong_starts_and_recent_blocks_are_refused() {
        let bin = bin(crate::size_class::SmallClass::from_index(3).unwrap().magic(), 8);
        assert!(bin.push_checked(0x10_0000 + 48));
        for wrong in [0x10_0000 + 8, 0x10_0000 + 16, 0x10_0000 + 49, 0x10_0000 + 48] {
            assert!(!bin.push_checked(wrong), "{wrong:#x}");
        }
        assert!(bin.push_checked(0x10_0000 + 96));
        assert!(!bin.push_checked(0x10_0000 + 48));
        assert!(bin.holds(0x10_0000 + 48) && !bin.holds(0x10_0000));
    }

    #[test]
    fn a_block_with_up_to_four_others_in_between_is_not_popped_twice() {
        for others in 0..=4 {
            let bin = bin(1 << 28, 16);
            assert!(bin.push_checked(16));
            assert!((1..=others).all(|i| bin.push_checked(1024 + i * 16)));
            let seen_by_push = !bin.push_checked(16);
            assert_eq!(seen_by_push, others < 2);
            if !seen_by_push {
                assert_eq!(bin.pop_checked(), None);
                assert!(bin.has_last_twice());
            }
        }
        let bin = bin(1 << 28, 16);
        assert!((1..=6).all(|i| bin.push_checked(i * 16)));
        assert!(!bin.has_last_twice());
        assert_eq!(
            [(); 7].map(|()| bin.pop_checked()).map(|b| b.is_some()),
            [true, true, true, true, true, true, false]
        );
    }

    #[test]
    fn a_block_is_looked_for_among_all_of_a_bin_of_the_usual_size() {
        let bin = bin(1 << 28, 2 * LOOKED_AT);
        assert!((1..LOOKED_AT).all(|i| bin.push(i * 16)));
        assert!(bin.holds(16) && bin.first_twice().is_none());
        assert!(bin.push(16));
        assert!(bin.has_last_twice());
        assert_eq!(bin.first_twice(), Some(16));
        assert!((LOOKED_AT..2 * LOOKED_AT).all(|i| bin.push(i * 16)));
        assert!(!bin.holds(32) && bin.holds(LOOKED_AT * 16));
        assert_eq!(bin.first_twice(), Some(16));
    }

    #[test]
    fn batches_keep_the_order() {
        let bin = bin(1 << 28, 8);
        bin.refill(5, |places| {
            assert_eq!(places.len(), 5);
            places[2..].copy_from_slice(&[48, 32, 16]);
            3
        });
        assert_eq!(bin.blocks(), [48, 32, 16]);
        bin.remove_oldest(2, |oldest| assert_eq!(oldest, [48, 32]));
        assert_eq!(bin.blocks(), [16]);
        assert_eq!(bin.refills(), 1);
        // SAFETY: so many words, leaked.
        let old = unsafe { bin.move_to(array(16), 11) };
        assert_eq!(bin.refills(), 0);
        assert_eq!(old.map(|(_, places)| places), Some(8));
        assert_eq!((bin.blocks(), bin.capacity(), bin.array_places()), ([16].as_slice(), 11, 16));
        assert_eq!((1..20).filter(|i| bin.push(i * 16)).count(), 10);
    }
}
