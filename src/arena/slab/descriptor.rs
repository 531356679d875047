//! The descriptor of a slab: which of its objects are free.
//!
//! ```text
//! unit +0      chunk header, in the place of object 0
//!      +size   object 1
//!      +2×size object 2 …
//! ```
//!
//! An object is *free* when its bit is set in `local` (guarded by the owner's lock) or in `remote`
//! (set by other arenas' threads without it). Neither lies in the slab: freed memory is never
//! written to, and a second free finds the bit already set.
//!
//! A descriptor belongs to one arena and one class as long as it lives, in use or waiting in that arena's list of
//! spare ones, so that a late `enqueue` by another thread is harmless. Its memory goes back (`blocks`) when no thread is
//! about to do that.
#![expect(unsafe_code, reason = "the bitmaps lie behind the descriptor")]

use core::ptr::NonNull;
use core::slice;

use super::blocks::{Block, Blocks};
use super::{RemoteStack, remote};
use crate::os::System;
use crate::size_class::SmallClass;
use crate::sync::counts::{self, Line};
use crate::sync::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::unitmap::Metadata;
use crate::units::UNIT;

/// Why an object cannot be freed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FreeError {
    /// Not the start of an object.
    NotAnObject,
    /// Already free.
    AlreadyFree,
}

/// A slab's descriptor.
///
/// Count: `free` = number of bits set in `local`. No object in a page of `purged` is in use; if
/// the first page is one, neither is the chunk's header (`pages`).
///
/// # Invariant
/// `local` and `remote` point at `words` atomics each, which live as long as the descriptor.
#[repr(C, align(64))]
pub(crate) struct Slab {
    // What a flush or a refill needs, in one cache line.
    /// Address of the unit; 0 while it waits. Guarded by: owner's lock; constant while objects live.
    unit: AtomicUsize,
    local: NonNull<AtomicU64>,
    /// Address of the arena.
    owner: usize,
    pub(super) size: u32,
    pub(super) magic: u32,
    /// Objects when all are free.
    pub(super) objects: u32,
    words: u32,
    /// Guarded by: owner's lock.
    free: AtomicU32,
    /// No word of `local` before this has a bit set. Guarded by: owner's lock.
    first_word: AtomicU32,
    /// Pages of the unit (one bit each, the first is bit 0) that were given back to the system and not
    /// handed out since. Guarded by: owner's lock.
    pub(super) purged: AtomicU32,
    class: SmallClass,
    // The rest.
    /// Where it lies, unless its memory is never given back.
    block: Option<&'static Block>,
    remote: NonNull<AtomicU64>,
    /// Links of the owner's lists. Guarded by: owner's lock.
    pub(super) next: AtomicPtr<Slab>,
    pub(super) previous: AtomicPtr<Slab>,
    /// Whether it is on the owner's stack of slabs with remote frees, or about to be.
    pub(super) is_queued: AtomicBool,
    /// Link of that stack; written by whoever set `is_queued`.
    pub(super) remote_next: AtomicPtr<Slab>,
}

// SAFETY: the bitmaps are atomics, and every other field is constant or atomic.
unsafe impl Sync for Slab {}

/// What all slabs of a class have in common.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    magic: u32,
    /// Objects when all are free.
    pub(crate) objects: u32,
}

impl Shape {
    /// That of a class.
    pub(crate) fn of(class: SmallClass) -> Self {
        let objects = u32::try_from(Slab::objects_of(class)).unwrap_or(0);
        Self { magic: class.magic(), objects }
    }

    /// The index of the object that starts at `address`.
    #[inline(always)]
    pub(crate) fn index_of(self, address: usize) -> Result<u32, FreeError> {
        let offset = (address % UNIT) as u64;
        let product = offset * u64::from(self.magic);
        let index = (product >> 32) as u32;
        let is_start = (product & u64::from(u32::MAX)) < u64::from(self.magic);
        if is_start && index >= 1 && index <= self.objects {
            Ok(index)
        } else {
            Err(FreeError::NotAnObject)
        }
    }
}

impl Slab {
    /// A waiting descriptor for slabs of this class, owned by the arena at address `owner`.
    pub(crate) fn create(
        class: SmallClass,
        owner: usize,
        blocks: &mut Blocks,
        metadata: &Metadata,
        os: &dyn System,
    ) -> Option<&'static Self> {
        let places = UNIT.checked_div(class.size_bytes())?;
        let words = places.div_ceil(64);
        let size = u32::try_from(class.size_bytes()).ok()?;
        let (objects, count) = (u32::try_from(places - 1).ok()?, u32::try_from(words).ok()?);
        let (memory, block) = blocks.allocate(bytes_with(words), metadata, os)?;
        // SAFETY: the allocation has room for the bitmaps behind the descriptor.
        let local: NonNull<AtomicU64> = unsafe { memory.add(size_of::<Self>()) }.cast();
        // SAFETY: as above.
        let remote = unsafe { local.add(words) };
        let slab: NonNull<Self> = memory.cast();
        let descriptor = Self {
            unit: AtomicUsize::new(0),
            class,
            size,
            magic: class.magic(),
            objects,
            words: count,
            free: AtomicU32::new(0),
            first_word: AtomicU32::new(0),
            purged: AtomicU32::new(0),
            block,
            local,
            remote,
            owner,
            next: AtomicPtr::default(),
            previous: AtomicPtr::default(),
            is_queued: AtomicBool::new(false),
            remote_next: AtomicPtr::default(),
        };
        // SAFETY: fresh metadata, 64-aligned and large enough, that nobody else knows.
        unsafe { slab.write(descriptor) };
        // SAFETY: just written, and its memory stays until nobody has the reference any more.
        Some(unsafe { slab.as_ref() })
    }

    /// The descriptor whose address the unit map holds for a unit of a small class.
    ///
    /// # Safety
    /// `owner` is what the map holds for such a unit.
    pub(crate) unsafe fn from_owner(owner: usize) -> &'static Self {
        // SAFETY: by the precondition it is the address of a descriptor, whose memory stays while the slab is open.
        unsafe { &*core::ptr::with_exposed_provenance(owner) }
    }

    /// Its address, for the unit map.
    pub(crate) fn expose(&'static self) -> usize {
        core::ptr::from_ref(self).expose_provenance()
    }

    /// Bytes of the descriptor with its bitmaps.
    pub(super) fn bytes(&self) -> usize {
        bytes_with(self.words as usize)
    }

    /// Whether it is on a stack of slabs with remote frees. Needs the owner's lock, and that no thread is about to
    /// put it there.
    pub(super) fn is_queued(&self) -> bool {
        self.is_queued.load(Ordering::Relaxed)
    }

    /// Its class.
    pub(crate) fn class(&self) -> SmallClass {
        self.class
    }

    /// Bytes of an object.
    #[inline(always)]
    pub(crate) fn size_bytes(&self) -> usize {
        self.size as usize
    }

    /// Address of its unit.
    pub(crate) fn unit(&self) -> usize {
        self.unit.load(Ordering::Relaxed)
    }

    /// Address of the arena that owns it.
    pub(crate) fn owner(&self) -> usize {
        self.owner
    }

    /// Number of objects that it holds when none is in use.
    pub(crate) fn objects(&self) -> u32 {
        self.objects
    }

    /// Bytes of the unit that no object has.
    pub(crate) fn waste_bytes(&self) -> usize {
        UNIT - self.objects as usize * self.size_bytes()
    }

    /// Number of free objects, remote frees that were not collected left out.
    pub(crate) fn free_objects(&self) -> u32 {
        self.free.load(Ordering::Relaxed)
    }

    /// The same for any slab of a class.
    pub(crate) fn objects_of(class: SmallClass) -> usize {
        UNIT.checked_div(class.size_bytes()).unwrap_or(0).saturating_sub(1)
    }

    /// Copies the bits of the free objects, in either bitmap. Needs the owner's lock.
    pub(crate) fn copy_free(&self, bits: &mut [u64]) {
        for (place, (local, remote)) in bits.iter_mut().zip(self.local().iter().zip(self.remote()))
        {
            *place = local.load(Ordering::Relaxed) | remote.load(Ordering::Relaxed);
        }
    }

    /// Begins to describe the unit at this address, all objects free. Needs the owner's lock.
    pub(crate) fn open(&self, unit: usize) {
        debug_assert!(self.unit() == 0 && unit != 0);
        let mut rest = self.objects;
        for (index, word) in self.local().iter().enumerate() {
            // Bit 0 of the first word is the place of the chunk header, never an object.
            let reserved = u32::from(index == 0);
            let here = rest.min(64 - reserved);
            let bits = if here == 64 { u64::MAX } else { ((1 << here) - 1) << reserved };
            word.store(bits, Ordering::Relaxed);
            rest -= here;
        }
        self.free.store(self.objects, Ordering::Relaxed);
        self.first_word.store(0, Ordering::Relaxed);
        self.unit.store(unit, Ordering::Relaxed);
        if let Some(block) = self.block {
            block.note_opened();
        }
    }

    /// Ends describing its unit; all objects are free. Needs the owner's lock.
    pub(crate) fn close(&self) {
        debug_assert!(self.free_objects() == self.objects);
        self.unit.store(0, Ordering::Relaxed);
        self.purged.store(0, Ordering::Relaxed);
        if let Some(block) = self.block {
            block.note_closed();
        }
    }

    /// Number of objects in use, those in thread caches and remote frees included.
    pub(crate) fn in_use(&self) -> u32 {
        self.objects - self.free_objects()
    }

    fn is_set(&self, bits: &[AtomicU64], index: u32) -> bool {
        let word = bits.get(index as usize / 64).map_or(0, |word| word.load(Ordering::Relaxed));
        word & (1 << (index % 64)) != 0
    }

    /// Takes up to `out.len()` free objects, lowest address first, into `out` from its end backwards;
    /// returns how many. Needs the owner's lock.
    pub(crate) fn take(&self, out: &mut [usize], page: usize) -> usize {
        let unit = self.unit();
        let size = self.size as usize;
        let mut places = out.iter_mut().rev();
        let mut missing = places.len();
        let mut taken = 0;
        let mut index = self.first_word.load(Ordering::Relaxed) as usize;
        while let (true, Some(word)) = (missing > 0, self.local().get(index)) {
            let mut bits = word.load(Ordering::Relaxed);
            let start = unit + index * 64 * size;
            while bits != 0 && missing > 0 {
                let Some(place) = places.next() else { break };
                *place = start + bits.trailing_zeros() as usize * size;
                bits &= bits - 1;
                missing -= 1;
                taken += 1;
            }
            counts::written(Line::Slab, word);
            word.store(bits, Ordering::Relaxed);
            index += usize::from(bits == 0);
        }
        counts::written(Line::Slab, &self.free);
        self.first_word.store(u32::try_from(index).unwrap_or(0), Ordering::Relaxed);
        self.free.store(self.free_objects() - taken, Ordering::Relaxed);
        if self.purged.load(Ordering::Relaxed) != 0 {
            self.forget_purged(out, taken as usize, page);
        }
        taken as usize
    }

    /// The index of the object that starts at `address`, in this slab's unit.
    #[inline]
    pub(crate) fn index_of(&self, address: usize) -> Result<u32, FreeError> {
        Shape { magic: self.magic, objects: self.objects }.index_of(address)
    }

    /// Frees the object with this index; returns how many are free now. Needs the owner's lock.
    #[inline(always)]
    pub(crate) fn put(&self, index: u32) -> Result<u32, FreeError> {
        let word = self.local().get(index as usize / 64).ok_or(FreeError::NotAnObject)?;
        let (bits, bit) = (word.load(Ordering::Relaxed), 1 << (index % 64));
        if bits & bit != 0 {
            return Err(FreeError::AlreadyFree);
        }
        counts::written(Line::Slab, word);
        word.store(bits | bit, Ordering::Relaxed);
        let first = self.first_word.load(Ordering::Relaxed);
        self.first_word.store(first.min(index / 64), Ordering::Relaxed);
        let free = self.free_objects() + 1;
        counts::written(Line::Slab, &self.free);
        self.free.store(free, Ordering::Relaxed);
        Ok(free)
    }

    /// Frees the object with this index without the owner's lock; the owner collects it when it finds
    /// the slab on `queue`, its stack.
    pub(crate) fn put_remote(
        &'static self,
        index: u32,
        queue: &RemoteStack,
    ) -> Result<(), FreeError> {
        let word = self.remote().get(index as usize / 64).ok_or(FreeError::NotAnObject)?;
        let bit = 1 << (index % 64);
        if !remote::set_bit(word, bit) {
            return Err(FreeError::AlreadyFree);
        }
        queue.push(self);
        Ok(())
    }

    /// Moves the remote frees into `local`; returns how many, or the address of an object that was
    /// free already. Needs the owner's lock.
    pub(crate) fn collect_remote(&self) -> Result<u32, usize> {
        let mut collected = 0;
        for (index, (local, remote)) in self.local().iter().zip(self.remote()).enumerate() {
            let bits = remote::take_bits(remote);
            if bits == 0 {
                continue;
            }
            let before = local.load(Ordering::Relaxed);
            if before & bits != 0 {
                let twice = index * 64 + (before & bits).trailing_zeros() as usize;
                return Err(self.unit() + twice * self.size as usize);
            }
            counts::written(Line::Slab, local);
            local.store(before | bits, Ordering::Relaxed);
            collected += bits.count_ones();
            let first = self.first_word.load(Ordering::Relaxed);
            let index = u32::try_from(index).unwrap_or(0);
            self.first_word.store(first.min(index), Ordering::Relaxed);
        }
        counts::written(Line::Slab, &self.free);
        self.free.store(self.free_objects() + collected, Ordering::Relaxed);
        Ok(collected)
    }

    /// Whether the object with this index is free, in either bitmap.
    pub(crate) fn is_free(&self, index: u32) -> bool {
        self.is_set(self.local(), index) || self.is_set(self.remote(), index)
    }

    /// Checks the equations of this descriptor. Needs the owner's lock.
    pub(crate) fn is_consistent(&self) -> bool {
        let set: u32 = self.local().iter().map(|w| w.load(Ordering::Relaxed).count_ones()).sum();
        let first = self.first_word.load(Ordering::Relaxed) as usize;
        set == self.free_objects()
            && self.free_objects() <= self.objects
            && self.local().iter().take(first).all(|word| word.load(Ordering::Relaxed) == 0)
    }

    pub(super) fn local(&self) -> &[AtomicU64] {
        // SAFETY: by the invariant.
        unsafe { slice::from_raw_parts(self.local.as_ptr(), self.words as usize) }
    }

    fn remote(&self) -> &[AtomicU64] {
        // SAFETY: by the invariant.
        unsafe { slice::from_raw_parts(self.remote.as_ptr(), self.words as usize) }
    }
}

/// Bytes of a descriptor with two bitmaps of `words` words.
const fn bytes_with(words: usize) -> usize {
    (size_of::<Slab>() + 2 * words * size_of::<u64>()).next_multiple_of(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::testing::TestSystem;

    fn slab(class: usize) -> &'static Slab {
        let metadata: &'static Metadata = Box::leak(Box::new(Metadata::new()));
        let class = SmallClass::from_index(class).unwrap();
        Slab::create(class, 0x1000, &mut Blocks::new(), metadata, TestSystem::leaked()).unwrap()
    }

    #[test]
    fn every_object_is_handed_out_once_lowest_first() {
        for class in SmallClass::all() {
            let slab = slab(class.index());
            slab.open(0x10_0000);
            let mut out = vec![0; 5000];
            let (mut all, mut chunk) = (Vec::<usize>::new(), 7);
            loop {
                let n = slab.take(&mut out[..chunk], 4096);
                assert!(slab.is_consistent());
                all.extend(out[chunk - n..chunk].iter().rev());
                if n < chunk {
                    break;
                }
                chunk = chunk * 3 % 64 + 1;
            }
            let size = class.size_bytes();
            let expected: Vec<_> = (1..UNIT / size).map(|i| 0x10_0000 + i * size).collect();
            assert_eq!(all, expected);
        }
    }

    #[test]
    fn a_second_free_and_a_wrong_address_are_found() {
        let slab = slab(3);
        slab.open(0x10_0000);
        let mut out = [0; 10];
        slab.take(&mut out, 4096);
        let index = slab.index_of(out[4]).unwrap();
        assert!(!slab.is_free(index));
        let free = slab.free_objects();
        assert_eq!(slab.put(index), Ok(free + 1));
        assert_eq!(slab.put(index), Err(FreeError::AlreadyFree));
        assert!(slab.is_free(index) && slab.is_consistent());
        for wrong in [0x10_0000, out[4] + 8, out[4] + 16, 0x10_ffff, 0x10_fff0] {
            assert_eq!(slab.index_of(wrong), Err(FreeError::NotAnObject), "{wrong:#x}");
        }
    }

    #[test]
    fn remote_frees_are_collected_once() {
        let (slab, queue) = (slab(1), RemoteStack::new());
        slab.open(0x10_0000);
        let mut out = [0; 200];
        slab.take(&mut out, 4096);
        for &address in &out {
            slab.put_remote(slab.index_of(address).unwrap(), &queue).unwrap();
        }
        let index = slab.index_of(out[0]).unwrap();
        assert_eq!(slab.put_remote(index, &queue), Err(FreeError::AlreadyFree));
        let mut drained = 0;
        queue.drain(|found| drained += found.collect_remote().unwrap());
        assert_eq!(drained, 200);
        assert_eq!(slab.free_objects(), slab.objects());
        assert!(slab.is_consistent());
        queue.drain(|_| panic!("already drained"));
        slab.put_remote(index, &queue).unwrap();
        assert_eq!(slab.collect_remote(), Err(out[0]));
    }
}
