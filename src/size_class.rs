//! Size classes: which bin serves a request of `n` bytes.
//!
//! Small classes (up to [`SMALL_MAX`] bytes) are objects of slabs: 16-byte steps to 256, then eight
//! classes a doubling. Medium classes (up to [`MEDIUM_MAX`]) go on with eight a doubling; their
//! blocks are chunks of the arena that thread caches keep.
//!
//! A class is named by the index of its bin in the thread cache:
//!
//! ```text
//!  0        no class: not ours                         } always-full bins, so that `free`
//!  1..=32   small classes, 16 bytes to 1 KiB           } of such a pointer falls into the
//!  33, 34   CHUNK and MAPPED, for the unit map only    } slow path without a test of its own
//!  35..=82  medium classes, 1,152 bytes to 64 KiB
//! ```
//!
//! The unit map and the request table store `4 × index` in a byte ([`ClassByte`]): with an x86
//! scale factor of 8 that is the byte offset of the 32-byte bin, one instruction away.

use crate::units::align_up;

/// Largest request in bytes that a slab serves.
pub(crate) const SMALL_MAX: usize = 1024;
/// Largest request in bytes that a thread cache serves.
pub(crate) const MEDIUM_MAX: usize = 64 * 1024;
/// Number of small classes; they have the indices `1..=SMALL_CLASSES`.
pub(crate) const SMALL_CLASSES: usize = 32;
/// Index of the first medium class.
pub(crate) const MEDIUM_FIRST: usize = SMALL_CLASSES + 3;
/// Number of medium classes.
pub(crate) const MEDIUM_CLASSES: usize = 48;
/// Number of bins in a thread cache.
pub(crate) const BINS: usize = MEDIUM_FIRST + MEDIUM_CLASSES;

/// Bytes of a [`ClassByte`] per index.
const SCALE: u8 = 4;
/// Steps per doubling, as a power of two.
const STEP_SHIFT: u32 = 3;

/// What the unit map says of a unit, and where the bin of a small request is: `4 × index`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ClassByte(u8);

impl ClassByte {
    /// The unit is not ours.
    pub(crate) const NONE: Self = Self(0);
    /// The unit belongs to a region, outside slabs.
    #[expect(clippy::cast_possible_truncation, reason = "33 × 4 fits")]
    pub(crate) const CHUNK: Self = Self((SMALL_CLASSES as u8 + 1) * SCALE);
    /// Mmapped chunks start in this unit.
    #[expect(clippy::cast_possible_truncation, reason = "34 × 4 fits")]
    pub(crate) const MAPPED: Self = Self((SMALL_CLASSES as u8 + 2) * SCALE);

    /// The byte as stored.
    pub(crate) const fn byte(self) -> u8 {
        self.0
    }

    /// A byte that was stored before; any other gives an index that [`Self::small`] refuses.
    pub(crate) const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The index of the bin.
    pub(crate) const fn index(self) -> usize {
        (self.0 / SCALE) as usize
    }

    /// The small class, if it is one.
    pub(crate) const fn small(self) -> Option<SmallClass> {
        SmallClass::from_index(self.index())
    }
}

/// A size class of slab objects.
///
/// # Invariant
/// In `1..=SMALL_CLASSES`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SmallClass(u8);

/// Size in bytes of each small class, at its index; index 0 is unused.
const SMALL_SIZES: [u16; SMALL_CLASSES + 1] = small_sizes();

/// The class byte for each request. One entry a byte of size rather than of 16 costs a kilobyte, of
/// which a program uses a few lines, and saves `malloc` two instructions.
static REQUEST_TABLE: [u8; SMALL_MAX + 1] = request_table();

/// [`SmallClass::magic`] of each small class, at its index; index 0 is unused.
const MAGICS: [u32; SMALL_CLASSES + 1] = magics();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn magics() -> [u32; SMALL_CLASSES + 1] {
    let mut magics = [0; SMALL_CLASSES + 1];
    let mut index = 1;
    while index <= SMALL_CLASSES {
        magics[index] = u32::MAX / SMALL_SIZES[index] as u32 + 1;
        index += 1;
    }
    magics
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn small_sizes() -> [u16; SMALL_CLASSES + 1] {
    let mut sizes = [0; SMALL_CLASSES + 1];
    let (mut index, mut size, mut step) = (1, 16_u16, 16);
    while index <= SMALL_CLASSES {
        sizes[index] = size;
        if size >= 256 && size.is_power_of_two() {
            step = size / 8;
        }
        size += step;
        index += 1;
    }
    sizes
}

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler"
)]
const fn request_table() -> [u8; SMALL_MAX + 1] {
    let mut table = [0; SMALL_MAX + 1];
    let mut size = 0;
    let mut class = 1;
    while size <= SMALL_MAX {
        while (SMALL_SIZES[class] as usize) < size {
            class += 1;
        }
        table[size] = class as u8 * SCALE;
        size += 1;
    }
    table
}

impl SmallClass {
    /// The class whose objects hold `size_bytes`; `None` above [`SMALL_MAX`].
    #[inline(always)]
    pub(crate) fn for_request(size_bytes: usize) -> Option<ClassByte> {
        REQUEST_TABLE.get(size_bytes).map(|&byte| ClassByte(byte))
    }

    /// The class with this index.
    pub(crate) const fn from_index(index: usize) -> Option<Self> {
        if index >= 1 && index <= SMALL_CLASSES {
            #[expect(clippy::cast_possible_truncation, reason = "at most SMALL_CLASSES")]
            return Some(Self(index as u8));
        }
        None
    }

    /// Every small class, smallest first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (1..=SMALL_CLASSES).filter_map(Self::from_index)
    }

    /// Index of its bin.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The byte for the unit map.
    pub(crate) const fn class_byte(self) -> ClassByte {
        ClassByte(self.0 * SCALE)
    }

    /// Size of its objects in bytes.
    pub(crate) fn size_bytes(self) -> usize {
        SMALL_SIZES.get(self.index()).map_or(SMALL_MAX, |&size| usize::from(size))
    }

    /// `⌈2³² / size⌉`: for an offset below 64 KiB, `offset × magic >> 32` is the object's index, and
    /// `offset × magic mod 2³² < magic` exactly when the offset is a multiple of the size.
    pub(crate) fn magic(self) -> u32 {
        MAGICS.get(self.index()).copied().unwrap_or(0)
    }
}

/// The request for whose small class all objects are aligned to `alignment` and hold `size_bytes`; `None` if
/// there is no such class, or the alignment is no power of two. Objects lie at multiples of their size
/// from a unit boundary, and up to [`SMALL_MAX`] each multiple of a power of two is the size of a class or has
/// a class above it that is a multiple, too.
#[inline(always)]
pub(crate) fn aligned_size(size_bytes: usize, alignment: usize) -> Option<usize> {
    if size_bytes > SMALL_MAX || alignment > SMALL_MAX || !alignment.is_power_of_two() {
        return None;
    }
    Some(align_up(size_bytes.max(1), alignment))
}

/// Sizes of medium classes are multiples of this.
const MEDIUM_STEP: usize = SMALL_MAX / 8;

/// Index of the medium class of requests of more than `MEDIUM_STEP` times the place, up to a class more
/// than there are.
static MEDIUM_TABLE: [u8; (MEDIUM_MAX + MEDIUM_MAX / 8) / MEDIUM_STEP] = medium_table();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
#[expect(clippy::cast_possible_truncation, reason = "at most BINS")]
const fn medium_table() -> [u8; (MEDIUM_MAX + MEDIUM_MAX / 8) / MEDIUM_STEP] {
    let mut table = [0; (MEDIUM_MAX + MEDIUM_MAX / 8) / MEDIUM_STEP];
    let mut place = SMALL_MAX / MEDIUM_STEP;
    while place < table.len() {
        let above = place * MEDIUM_STEP;
        let doubling = above.ilog2();
        let step = (above >> (doubling - STEP_SHIFT)) & ((1 << STEP_SHIFT) - 1);
        table[place] = (MEDIUM_FIRST + (doubling - SMALL_MAX.ilog2()) as usize * 8 + step) as u8;
        place += 1;
    }
    table
}

/// A size class of cached chunks.
///
/// # Invariant
/// Its index is in `MEDIUM_FIRST..BINS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MediumClass(u8);

impl MediumClass {
    /// The smallest class whose blocks hold `size_bytes`, `SMALL_MAX < size_bytes ≤ MEDIUM_MAX`.
    #[inline]
    pub(crate) fn for_request(size_bytes: usize) -> Option<Self> {
        if size_bytes <= SMALL_MAX || size_bytes > MEDIUM_MAX {
            return None;
        }
        MEDIUM_TABLE.get((size_bytes - 1) / MEDIUM_STEP).map(|&index| Self(index))
    }

    /// The largest class whose blocks fit into `usable_bytes`; `None` also for what is larger than the blocks of
    /// the largest class.
    #[inline]
    pub(crate) fn that_fits(usable_bytes: usize) -> Option<Self> {
        if !(SMALL_MAX + MEDIUM_STEP..MEDIUM_MAX + MEDIUM_STEP).contains(&usable_bytes) {
            return None;
        }
        // The class of a request of one byte more, and one step down.
        MEDIUM_TABLE.get(usable_bytes / MEDIUM_STEP).map(|&index| Self(index - 1))
    }

    /// The class of an index; `None` if that is no medium one.
    pub(crate) fn from_index(index: usize) -> Option<Self> {
        (MEDIUM_FIRST..BINS).contains(&index).then(|| Self(u8::try_from(index).unwrap_or(0)))
    }

    /// Every medium class, smallest first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        #[expect(clippy::cast_possible_truncation, reason = "below BINS")]
        (MEDIUM_FIRST..BINS).map(|index| Self(index as u8))
    }

    /// Index of its bin.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The largest request in bytes that its blocks hold.
    pub(crate) const fn size_bytes(self) -> usize {
        let rank = self.index() - MEDIUM_FIRST;
        let base = SMALL_MAX << (rank / 8);
        base + (base / 8) * (rank % 8 + 1)
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "that is what is tested")]
mod tests {
    use super::*;

    #[test]
    fn a_request_gets_the_smallest_class_that_holds_it() {
        for n in 0..=SMALL_MAX {
            let class = SmallClass::for_request(n).and_then(ClassByte::small).unwrap();
            assert!(class.size_bytes() >= n);
            if let Some(below) = SmallClass::from_index(class.index() - 1) {
                assert!(below.size_bytes() < n, "{n} would fit {}", below.size_bytes());
            }
        }
        assert!(SmallClass::for_request(SMALL_MAX + 1).is_none());
    }

    #[test]
    fn an_aligned_request_gets_the_smallest_class_of_aligned_objects() {
        for alignment in (0..=10).map(|shift| 1 << shift) {
            for size in 0..=SMALL_MAX {
                let request = aligned_size(size, alignment).unwrap();
                let class = SmallClass::for_request(request).and_then(ClassByte::small).unwrap();
                let is_aligned = |class: &SmallClass| class.size_bytes().is_multiple_of(alignment);
                let mut fitting = SmallClass::all().filter(|class| class.size_bytes() >= size);
                assert_eq!(fitting.find(is_aligned), Some(class), "{size} {alignment}");
            }
        }
        for (size, alignment) in [(1025, 16), (usize::MAX, 16), (1, 2048), (1, 0), (1, 48)] {
            assert_eq!(aligned_size(size, alignment), None);
        }
    }

    #[test]
    fn small_classes_end_at_their_maximum() {
        let sizes: Vec<_> = SmallClass::all().map(SmallClass::size_bytes).collect();
        assert_eq!(sizes.first(), Some(&16));
        assert_eq!(sizes.last(), Some(&SMALL_MAX));
        assert!(sizes.windows(2).all(|pair| pair[0] < pair[1] && pair[1] % 16 == 0));
    }

    #[test]
    fn magic_divides_exactly() {
        for class in SmallClass::all() {
            let (size, magic) = (class.size_bytes() as u32, class.magic());
            for offset in 0..=u32::from(u16::MAX) {
                let product = u64::from(offset) * u64::from(magic);
                assert_eq!((product >> 32) as u32, offset / size);
                assert_eq!((product as u32) < magic, offset % size == 0);
            }
        }
    }

    #[test]
    fn medium_classes_round_up_on_request_and_down_on_free() {
        for n in SMALL_MAX + 1..=MEDIUM_MAX {
            let class = MediumClass::for_request(n).unwrap();
            assert!(class.size_bytes() >= n && class.size_bytes() * 8 <= n * 9 + 8, "{n}");
            assert!((MEDIUM_FIRST..BINS).contains(&class.index()));
            assert_eq!(MediumClass::that_fits(class.size_bytes()), Some(class));
            assert_eq!(MediumClass::that_fits(class.size_bytes() + 8), Some(class));
        }
        for usable in 0..MEDIUM_MAX * 2 {
            if let Some(class) = MediumClass::that_fits(usable) {
                assert!(class.size_bytes() <= usable && usable < MEDIUM_MAX + MEDIUM_STEP);
            }
        }
        assert_eq!(MediumClass::that_fits(usize::MAX), None);
        assert_eq!(MediumClass::all().last().unwrap().size_bytes(), MEDIUM_MAX);
    }

    #[test]
    fn class_bytes_of_the_unit_map_differ() {
        assert_ne!(ClassByte::CHUNK, ClassByte::MAPPED);
        assert!(ClassByte::CHUNK.small().is_none() && ClassByte::NONE.small().is_none());
        for class in SmallClass::all() {
            assert_eq!(class.class_byte().small(), Some(class));
        }
    }
}
