//! Address → class byte and owner, by 64 KiB unit.
//!
//! ```text
//! window: units of the first 16 GiB above the initial break, two flat tables (one compare, one load)
//! far:    root by address bits 47..32 → leaf of 65,536 units, mapped when first needed
//! ```
//!
//! Readers take no lock. Whoever owns a unit (a region's arena under its lock, the mapped chunks under
//! theirs) writes its entry: owner first, class byte last with `Release`, so that a reader that sees
//! the class byte (which it does only because somebody handed it a block of that unit) finds the owner.
#![expect(unsafe_code, reason = "leaves are reached through pointers")]

use core::ptr::null_mut;

use super::Metadata;
use crate::os::System;
use crate::size_class::ClassByte;
use crate::sync::counts::{self, Line};
use crate::sync::{AtomicPtr, AtomicU8, AtomicUsize, Ordering, load_byte};
use crate::units::{UNIT, UNIT_SHIFT, align_down, align_up};

/// Units of the window: 16 GiB less one. An odd number, so that the compiler compares an index with it
/// rather than shifting the address a second time.
const WINDOW_UNITS: usize = (1 << 18) - 1;
/// Units of a leaf: 4 GiB.
const LEAF_UNITS: usize = 1 << 16;
/// Leaves of the 48-bit address space.
const LEAVES: usize = 1 << 16;

/// The word beside a class byte: the address of a slab's descriptor for a slab, of the arena for
/// other units of a region, and for mapped ones a bit for each page in which a chunk's user data starts.
pub(crate) type Owner = usize;

/// The map. All zeros is a valid, empty one, so that it lies in `.bss` and costs nothing until used.
#[repr(C, align(128))]
pub(crate) struct UnitMap {
    /// Minus the start of the window, a multiple of the unit; 0 until set.
    minus_base: AtomicUsize,
    classes: [AtomicU8; WINDOW_UNITS],
    owners: [AtomicUsize; WINDOW_UNITS],
    root: [AtomicPtr<Leaf>; LEAVES],
    /// A leaf for [`Self::prepare_reserved`]. Guarded by: the lock of the mmapped chunks.
    reserved: AtomicPtr<Leaf>,
}

struct Leaf {
    classes: [AtomicU8; LEAF_UNITS],
    owners: [AtomicUsize; LEAF_UNITS],
}

/// The two cells of one unit.
struct Entry<'a> {
    class: &'a AtomicU8,
    owner: &'a AtomicUsize,
}

impl UnitMap {
    /// An empty map.
    pub(crate) const fn new() -> Self {
        Self {
            minus_base: AtomicUsize::new(0),
            classes: [const { AtomicU8::new(0) }; WINDOW_UNITS],
            owners: [const { AtomicUsize::new(0) }; WINDOW_UNITS],
            root: [const { AtomicPtr::new(null_mut()) }; LEAVES],
            reserved: AtomicPtr::new(null_mut()),
        }
    }

    /// Places the window, once, before any unit is set.
    pub(crate) fn place_window(&self, initial_break: usize) {
        let base = initial_break & !(UNIT - 1);
        self.minus_base.store(base.wrapping_neg(), Ordering::Relaxed);
    }

    /// The class byte of the unit that holds `address`, whatever address that is.
    #[inline(always)]
    pub(crate) fn class_at(&self, address: usize) -> ClassByte {
        match self.classes.get(self.window_index(address)) {
            Some(class) => ClassByte::from_byte(class.load(Ordering::Relaxed)),
            None => self.far_class_at(address),
        }
    }

    /// The class byte, widened, if the address is in the window.
    #[inline(always)]
    pub(crate) fn window_class_at(&self, address: usize) -> Option<usize> {
        load_byte(&self.classes, self.window_index(address))
    }

    /// The class byte and the owner, if the address is in the window.
    #[inline(always)]
    pub(crate) fn window_entry_at(&self, address: usize) -> Option<(ClassByte, Owner)> {
        let index = self.window_index(address);
        let (class, owner) = (self.classes.get(index)?, self.owners.get(index)?);
        // Acquire and Relaxed: as in `entry_at`.
        let class = ClassByte::from_byte(class.load(Ordering::Acquire));
        Some((class, owner.load(Ordering::Relaxed)))
    }

    #[cold]
    fn far_class_at(&self, address: usize) -> ClassByte {
        self.far(address).map_or(ClassByte::NONE, |entry| {
            ClassByte::from_byte(entry.class.load(Ordering::Acquire))
        })
    }

    /// The class byte and the owner of the unit that holds `address`.
    #[inline]
    pub(crate) fn entry_at(&self, address: usize) -> (ClassByte, Owner) {
        self.find(address).map_or((ClassByte::NONE, 0), |entry| {
            let class = ClassByte::from_byte(entry.class.load(Ordering::Acquire));
            // Relaxed: written before the class byte that was just acquired.
            (class, entry.owner.load(Ordering::Relaxed))
        })
    }

    /// Makes sure that the units of this range can be set; `None` when memory for a leaf runs out.
    pub(crate) fn prepare(
        &self,
        start: usize,
        end: usize,
        metadata: &Metadata,
        os: &dyn System,
    ) -> Option<()> {
        let mut address = start;
        while address < end {
            if self.window_index(address) < WINDOW_UNITS {
                address += UNIT;
                continue;
            }
            let root = self.root.get(address >> 32)?;
            if root.load(Ordering::Acquire).is_null() {
                let leaf = metadata.allocate_mapping(size_of::<Leaf>(), os)?;
                // If another thread was faster its leaf stays.
                if !install(root, leaf.cast().as_ptr()) {
                    metadata.unmap(leaf, size_of::<Leaf>(), os);
                }
            }
            address += UNIT;
        }
        Some(())
    }

    /// Makes sure that one call of [`Self::prepare_reserved`] succeeds; `None` without memory.
    pub(crate) fn reserve_leaf(&self, metadata: &Metadata, os: &dyn System) -> Option<()> {
        if self.reserved.load(Ordering::Relaxed).is_null() {
            let leaf = metadata.allocate_mapping(size_of::<Leaf>(), os)?;
            self.reserved.store(leaf.cast().as_ptr(), Ordering::Relaxed);
        }
        Some(())
    }

    /// Makes sure that the unit of `address` can be set, with the reserved leaf if it takes one.
    pub(crate) fn prepare_reserved(&self, address: usize) {
        if self.window_index(address) < WINDOW_UNITS {
            return;
        }
        let Some(root) = self.root.get(address >> 32) else { return };
        // Taken out first: a fork in between must not leave the same leaf in both places.
        let reserved = self.reserved.swap(null_mut(), Ordering::Relaxed);
        if !reserved.is_null() && !install(root, reserved) {
            self.reserved.store(reserved, Ordering::Relaxed);
        }
    }

    /// The first unit from `address` on in which mapped chunks start, with their pages.
    pub(crate) fn next_mapped(&self, address: usize) -> Option<(usize, Owner)> {
        let from = address.checked_add(UNIT - 1)? & !(UNIT - 1);
        let base = self.minus_base.load(Ordering::Relaxed).wrapping_neg();
        let in_window = first_mapped(&self.classes, &self.owners, base, from);
        let leaves = self.root.iter().enumerate().skip(from >> 32);
        let in_leaves = leaves
            .filter_map(|(index, root)| Some((index << 32, leaf_of(root)?)))
            .find_map(|(start, leaf)| first_mapped(&leaf.classes, &leaf.owners, start, from));
        match (in_window, in_leaves) {
            (Some(near), Some(far)) => Some(if near.0 < far.0 { near } else { far }),
            (near, far) => near.or(far),
        }
    }

    /// Sets one unit that [`Self::prepare`] covered.
    pub(crate) fn set(&self, address: usize, class: ClassByte, owner: Owner) {
        if let Some(entry) = self.find(address) {
            counts::published(Line::UnitMap);
            entry.owner.store(owner, Ordering::Relaxed);
            // Release: pairs with the Acquire in `entry_at`.
            entry.class.store(class.byte(), Ordering::Release);
        } else {
            debug_assert!(false, "unit {address:#x} was not prepared");
        }
    }

    /// Sets all units of a range.
    pub(crate) fn set_range(&self, start: usize, end: usize, class: ClassByte, owner: Owner) {
        let mut address = start;
        while address < end {
            self.set(address, class, owner);
            address += UNIT;
        }
    }

    /// Clears all units of a range, and gives back what memory of the window they took.
    pub(crate) fn clear_range(&self, start: usize, end: usize, os: &dyn System) {
        self.set_range(start, end, ClassByte::NONE, 0);
        let units = self.window_index(start)..self.window_index(end);
        let Some(owners) = self.owners.get(units).map(<[AtomicUsize]>::as_ptr_range) else {
            return;
        };
        // Only zeros are in there, and nobody writes others as long as the units are the caller's.
        let first = align_up(owners.start.addr(), os.page_size());
        let last = align_down(owners.end.addr(), os.page_size());
        if first < last {
            os.discard(first, last - first);
        }
    }

    #[inline(always)]
    fn window_index(&self, address: usize) -> usize {
        self.minus_base.load(Ordering::Relaxed).wrapping_add(address) >> UNIT_SHIFT
    }

    #[inline]
    fn find(&self, address: usize) -> Option<Entry<'_>> {
        let index = self.window_index(address);
        match (self.classes.get(index), self.owners.get(index)) {
            (Some(class), Some(owner)) => Some(Entry { class, owner }),
            _ => self.far(address),
        }
    }

    #[cold]
    fn far(&self, address: usize) -> Option<Entry<'_>> {
        let leaf = leaf_of(self.root.get(address >> 32)?)?;
        let index = (address >> UNIT_SHIFT) & (LEAF_UNITS - 1);
        Some(Entry { class: leaf.classes.get(index)?, owner: leaf.owners.get(index)? })
    }
}

/// The leaf of this part of the address space, if it has one.
fn leaf_of(root: &AtomicPtr<Leaf>) -> Option<&Leaf> {
    // Acquire: pairs with the exchange in `install`.
    let leaf = root.load(Ordering::Acquire);
    // SAFETY: a leaf is zeroed memory from the operating system (valid for atomics), installed once, and
    // never unmapped after that.
    unsafe { leaf.as_ref() }
}

/// The first unit from `from` on with mapped chunks in tables whose first unit is at `start`.
fn first_mapped(
    classes: &[AtomicU8],
    owners: &[AtomicUsize],
    start: usize,
    from: usize,
) -> Option<(usize, Owner)> {
    let first = from.saturating_sub(start) >> UNIT_SHIFT;
    let is_mapped = |class: &AtomicU8| class.load(Ordering::Acquire) == ClassByte::MAPPED.byte();
    let index = first + classes.iter().skip(first).position(is_mapped)?;
    Some((start + (index << UNIT_SHIFT), owners.get(index)?.load(Ordering::Relaxed)))
}

/// Installs a leaf where there is none; false if there is one.
fn install(root: &AtomicPtr<Leaf>, leaf: *mut Leaf) -> bool {
    // Release: pairs with the Acquire in `far`.
    root.compare_exchange(null_mut(), leaf, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::testing::TestSystem;
    use crate::size_class::SmallClass;

    fn map() -> &'static UnitMap {
        crate::os::testing::leak_zeroed()
    }

    #[test]
    fn addresses_that_were_never_set_are_nobodys() {
        let map = map();
        map.place_window(0x5555_0000_0000);
        for address in [0, 1, 0x5555_0000_0000, 0x7fff_ffff_ffff, usize::MAX, 1 << 47, 1 << 63] {
            assert_eq!(map.entry_at(address), (ClassByte::NONE, 0));
            assert_eq!(map.class_at(address), ClassByte::NONE);
        }
    }

    #[test]
    fn window_and_far_units_are_found_again() {
        let (map, os) = (map(), TestSystem::leaked());
        let metadata: &'static Metadata = Box::leak(Box::new(Metadata::new()));
        map.place_window(0x5555_0001_2000);
        let class = SmallClass::from_index(3).unwrap().class_byte();
        for start in [0x5555_0001_0000, 0x5555_0001_0000 + (16 << 30), 0x7f00_1234_0000] {
            let end = start + 3 * UNIT;
            map.prepare(start, end, metadata, os).unwrap();
            map.set_range(start, end, class, 77);
            assert_eq!(map.entry_at(start - 1).0, ClassByte::NONE);
            assert_eq!(map.entry_at(end - 1), (class, 77));
            assert_eq!(map.class_at(start + UNIT), class);
            assert_eq!(map.entry_at(end).0, ClassByte::NONE);
        }
    }

    #[test]
    fn clearing_many_units_leaves_the_others() {
        let (map, os) = (map(), TestSystem::leaked());
        map.place_window(0x5555_0000_0000);
        let (start, end) = (0x5555_0003_0000, 0x5555_0003_0000 + 5000 * UNIT);
        map.set_range(start, end, ClassByte::CHUNK, 77);
        map.clear_range(start + UNIT, end - UNIT, os);
        assert!(os.discards.load(Ordering::Relaxed) == 1);
        for address in [start, end - UNIT] {
            assert_eq!(map.entry_at(address), (ClassByte::CHUNK, 77));
        }
        for address in (start + UNIT..end - UNIT).step_by(UNIT) {
            assert_eq!(map.entry_at(address), (ClassByte::NONE, 0));
        }
    }

    #[test]
    fn a_leaf_that_cannot_be_mapped_is_reported() {
        let (map, os) = (map(), TestSystem::leaked());
        let metadata: &'static Metadata = Box::leak(Box::new(Metadata::new()));
        os.fail_maps(true);
        assert!(map.prepare(0x7f00_0000_0000, 0x7f00_0001_0000, metadata, os).is_none());
    }
}
