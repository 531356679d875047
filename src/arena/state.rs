//! What an arena's lock guards: its chunks, slabs and regions. When memory goes back to the system is
//! decided in `purge`.

use super::arena::slab_of_class;
use super::backing::Backing;
use super::chunk::{
    Allocated, CHUNK_OVERHEAD, Chunk, ChunkHeap, Freed, Key, Kind, MIN_CHUNK, PURGE_MIN, Resized,
    State, aligned_room,
};
use super::deserted::Desertion;
use super::foreign::Foreign;
use super::pressure::Pressure;
use super::purge::DIRTY_MIN;
use super::region_list::RegionList;
use super::regions::Region;
use super::slab::{Blocks, FreeError, Shape, Slab, SlabList};
use super::slack::Slack;
use super::totals::ClassCounts;
use crate::diag::{Misuse, fatal};
use crate::size_class::{ClassByte, SMALL_CLASSES, SmallClass};
use crate::unitmap::Metadata;
use crate::units::UNIT;

/// Size of a chunk that becomes metadata.
const METADATA_CHUNK: usize = 16 * 1024;

/// The state.
///
/// Counts: `system_bytes` = Σ size of `regions`; `slab_free_bytes` = Σ free objects × size over all
/// slabs; `slabs` = number of open slabs;
/// `slab_waste_bytes` = Σ bytes of them that no object has; `slab_purged_pages` = Σ `purged_pages` over them; `classes` has
/// the first two by class; `donated_bytes` = Σ size of the chunks that became metadata.
pub(crate) struct ArenaState {
    pub(super) chunks: ChunkHeap,
    /// Slabs with at least one free object, by class index.
    pub(super) partial: [SlabList; SMALL_CLASSES + 1],
    /// Memory of the descriptors.
    pub(super) descriptors: Blocks,
    /// Descriptors without a unit, by class index.
    spare: [SlabList; SMALL_CLASSES + 1],
    pub(super) regions: RegionList,
    pub(super) system_bytes: usize,
    pub(super) system_bytes_max: usize,
    pub(super) donated_bytes: usize,
    /// What the slabs of each class come to, by class index.
    pub(super) classes: [ClassCounts; SMALL_CLASSES + 1],
    pub(super) slab_free_bytes: usize,
    pub(super) slabs: usize,
    /// Bytes of slabs that no object has.
    pub(super) slab_waste_bytes: usize,
    /// Pages of slabs that were given back.
    pub(super) slab_purged_pages: usize,
    /// All that was ever given back without being asked for, in bytes.
    pub(super) given_back_bytes: usize,
    /// What stays of free memory that would go back.
    pub(super) slack: Slack,
    /// Whether hardly anything lives any more.
    pub(super) desertion: Desertion,
    /// Dirty free memory below this is left alone.
    pub(super) dirty_min: usize,
    /// As is dirty memory of large free chunks below this, because the system did not take the half of it.
    pub(super) dirty_to_retry: usize,
    /// Since when the dirty memory of large free chunks is more than some of what lives.
    pub(super) dirty_since_ms: Option<u64>,
    /// When large free chunks were purged last, if they ever were.
    pub(super) purged_at_ms: Option<u64>,
    /// Bytes freed since the last purge, while no thread allocates from the arena.
    pub(super) freed_while_idle: usize,
    /// Bytes of the arena when it asked for small pages, at most.
    pub(super) small_paged: usize,
    /// What it has to do with the soft limit of memory.
    pub(super) pressure: Pressure,
    /// Address of the arena, for the unit map and the descriptors.
    pub(super) owner: usize,
}

impl ArenaState {
    /// Without memory; `self` was all zeros, which nearly all of it is.
    pub(super) fn start(&mut self, owner: usize, key: Key) {
        self.owner = owner;
        self.chunks.start(key);
        self.dirty_min = DIRTY_MIN;
        self.dirty_since_ms = None;
        self.purged_at_ms = None;
    }

    /// Takes up to `out.len()` objects of a class, into `out` from its end backwards; returns how many.
    pub(super) fn take_objects(
        &mut self,
        class: SmallClass,
        out: &mut [usize],
        backing: Backing<'_>,
    ) -> usize {
        let mut taken = 0;
        while taken < out.len() {
            let Some(slab) = self.slab_with_room(class, backing) else { break };
            let Some((missing, _)) = out.split_at_mut_checked(out.len() - taken) else { break };
            let (purged, had_head) = (slab.purged_pages(), !slab.is_head_gone());
            taken += slab.take(missing, backing.os.page_size());
            let used_again = (purged - slab.purged_pages()) as usize;
            self.slab_purged_pages -= used_again;
            if !had_head && !slab.is_head_gone() {
                self.write_head(slab);
            }
            self.note_clean_taken(used_again * backing.os.page_size(), backing);
            if slab.free_objects() == 0
                && let Some(list) = self.partial.get_mut(class.index())
            {
                list.remove(slab);
            }
        }
        self.slab_free_bytes -= taken * class.size_bytes();
        self.note_taken(backing);
        self.count_objects(class, |counts| counts.free -= taken);
        taken
    }

    /// Frees objects of this arena's slabs, all of one class. Those of other arenas are put into `foreign`
    /// as long as there is room; returns how many of the objects that came to.
    pub(super) fn put_objects(
        &mut self,
        class: SmallClass,
        objects: &[usize],
        foreign: &mut Foreign,
        backing: Backing<'_>,
    ) -> usize {
        let shape = Shape::of(class);
        let is_sparse = self.is_sparse(backing);
        let (mut done, mut freed, mut own) = (0, 0, 0);
        for &object in objects {
            let slab = slab_of_class(object, class, backing);
            if slab.owner() != self.owner {
                if !foreign.push(object) {
                    break;
                }
                done += 1;
                continue;
            }
            let free = match shape.index_of(object).and_then(|index| slab.put(index)) {
                Ok(free) => free,
                Err(error) => refuse(error, object),
            };
            done += 1;
            freed += 1;
            own += 1;
            let in_use = shape.objects.wrapping_sub(free);
            let is_emptier = is_sparse && may_have_pages(in_use);
            if free == 1 || in_use == 0 || is_emptier {
                self.count_freed(class, freed);
                freed = 0;
                self.note_put(slab, is_emptier, backing);
            }
        }
        self.count_freed(class, freed);
        self.note_freed(own * class.size_bytes(), backing);
        done
    }

    /// Moves the remote frees of one of this arena's slabs to where they can be taken.
    pub(super) fn collect_slab(&mut self, slab: &'static Slab, backing: Backing<'_>) {
        match slab.collect_remote() {
            Ok(0) => {}
            Ok(freed) => {
                let (class, in_use) = (slab.class(), slab.in_use());
                self.count_freed(class, freed as usize);
                if slab.free_objects() == freed {
                    self.list_partial(slab);
                }
                let is_halved = in_use.checked_ilog2() != (in_use + freed).checked_ilog2();
                let is_sparse = is_halved && self.is_sparse(backing);
                self.note_emptier(slab, is_sparse, backing);
                self.note_freed(freed as usize * class.size_bytes(), backing);
            }
            Err(address) => refuse(FreeError::AlreadyFree, address),
        }
    }

    /// A chunk of `size` bytes.
    pub(super) fn allocate(&mut self, size: usize, backing: Backing<'_>) -> Option<Allocated> {
        self.allocate_without_growing(size, backing).or_else(|| {
            self.grow(size, backing)?;
            self.chunks.allocate_from_top(size)
        })
    }

    /// A chunk of `size` bytes; unless one was free, as many others as there are places in `others`, too. Returns how
    /// many of those it got.
    pub(super) fn allocate_several(
        &mut self,
        size: usize,
        others: &mut [usize],
        backing: Backing<'_>,
    ) -> Option<(Allocated, usize)> {
        if let Some(allocated) = self.chunks.allocate_from_bins(size) {
            self.note_taken(backing);
            return Some((allocated, 0));
        }
        self.check_break(backing);
        let allocated = self.several_from_top(size, others).or_else(|| {
            self.grow(size, backing)?;
            self.several_from_top(size, others)
        });
        self.note_taken(backing);
        allocated
    }

    /// As many as there are places for and one more, or at least that one.
    fn several_from_top(
        &mut self,
        size: usize,
        others: &mut [usize],
    ) -> Option<(Allocated, usize)> {
        if let Some(first) = self.chunks.allocate_several_from_top(size, others) {
            return Some((first, others.len()));
        }
        Some((self.chunks.allocate_from_top(size)?, 0))
    }

    /// A chunk of `size` bytes from memory that the arena has already.
    pub(super) fn allocate_without_growing(
        &mut self,
        size: usize,
        backing: Backing<'_>,
    ) -> Option<Allocated> {
        let allocated = self.chunks.allocate_from_bins(size).or_else(|| {
            self.check_break(backing);
            self.chunks.allocate_from_top(size)
        });
        self.note_taken(backing);
        allocated
    }

    /// Tells the slack that memory was allocated.
    fn note_taken(&mut self, backing: Backing<'_>) {
        if self.chunks.dirty_bytes() < self.dirty_min {
            self.dirty_since_ms = None;
        }
        let clean = self.chunks.take_clean_taken();
        self.note_clean_taken(clean, backing);
        if self.slack.bytes() > 0 {
            self.slack.note_free(self.dirty_free_bytes(backing));
        }
    }

    /// Bytes of free memory that has pages, but for those in chunks that are not purged on their own.
    pub(super) fn dirty_free_bytes(&self, backing: Backing<'_>) -> usize {
        self.chunks.dirty_bytes() + self.dirty_top_bytes(backing) + self.dirty_slab_bytes(backing)
    }

    /// A chunk of `size` bytes whose user data is aligned to `alignment`, a power of two.
    pub(super) fn allocate_aligned(
        &mut self,
        size: usize,
        alignment: usize,
        backing: Backing<'_>,
    ) -> Option<Chunk> {
        let allocated = self.allocate(aligned_room(size, alignment)?, backing)?;
        Some(self.chunks.cut_aligned(allocated.chunk, size, alignment))
    }

    /// Frees a chunk; says what is wrong and ends the process if it is not one in use.
    pub(super) fn free(&mut self, chunk: Chunk, backing: Backing<'_>) {
        let header = chunk.header(self.chunks.key());
        match (header.state, header.kind) {
            (State::InUse, Kind::Plain) => {}
            (State::Free, _) => fatal(Misuse::DoubleFree, chunk.user_address()),
            _ => fatal(Misuse::FreeInvalidPointer, chunk.user_address()),
        }
        let freed = self.chunks.free(chunk);
        self.note_chunk_freed(freed, backing);
        self.note_freed(header.size, backing);
    }

    /// Gives memory back, if it is time, after a chunk became free.
    fn note_chunk_freed(&mut self, freed: Freed, backing: Backing<'_>) {
        match freed {
            Freed::Top => self.trim_if_due(backing),
            Freed::Region { start, end } => self.release_or_keep_region(start, end, backing),
            Freed::Binned { size } if size >= PURGE_MIN => self.purge_if_due(backing),
            Freed::Binned { .. } => {}
        }
    }

    /// Resizes a chunk in place to `size` bytes; false if it cannot grow that far where it is.
    pub(super) fn resize(&mut self, chunk: Chunk, size: usize, backing: Backing<'_>) -> bool {
        match self.chunks.resize_in_place(chunk, size) {
            Resized::Done => {
                self.note_taken(backing);
                return true;
            }
            Resized::Freed(freed) => {
                self.note_chunk_freed(freed, backing);
                return true;
            }
            Resized::No if !self.chunks.is_below_top(chunk) => return false,
            Resized::No => {}
        }
        self.check_break(backing);
        let have = chunk.header(self.chunks.key()).size + self.chunks.top_size();
        let missing = (size + MIN_CHUNK).saturating_sub(have);
        let is_done = self.grow_newest(missing, backing).is_some()
            && self.chunks.resize_in_place(chunk, size) == Resized::Done;
        self.note_taken(backing);
        is_done
    }

    /// A slab of this class with a free object: the first of the list, or a new one.
    fn slab_with_room(&mut self, class: SmallClass, backing: Backing<'_>) -> Option<&'static Slab> {
        if let Some(slab) = self.partial.get(class.index())?.first() {
            return Some(slab);
        }
        let slab = match self.spare.get_mut(class.index())?.pop() {
            Some(slab) => slab,
            None => self.create_slab(class, backing)?,
        };
        let Some(chunk) = self.allocate_unit(backing) else {
            self.spare.get_mut(class.index())?.push(slab);
            return None;
        };
        self.chunks.set_kind(chunk, Kind::Slab);
        slab.open(chunk.address());
        backing.map.set(chunk.address(), class.class_byte(), slab.expose());
        self.partial.get_mut(class.index())?.push(slab);
        self.slabs += 1;
        self.slab_free_bytes += slab.objects() as usize * class.size_bytes();
        self.slab_waste_bytes += slab.waste_bytes();
        self.count_objects(class, |counts| {
            counts.slabs += 1;
            counts.free += slab.objects() as usize;
        });
        Some(slab)
    }

    fn create_slab(&mut self, class: SmallClass, backing: Backing<'_>) -> Option<&'static Slab> {
        let Backing { metadata, os, .. } = backing;
        if let Some(slab) = Slab::create(class, self.owner, &mut self.descriptors, metadata, os) {
            return Some(slab);
        }
        // The system has no memory for descriptors, but the arena may have: it gives up a chunk.
        let allocated = self.allocate_without_growing(METADATA_CHUNK, backing)?;
        self.donated_bytes += allocated.chunk.header(self.chunks.key()).size;
        donate(allocated.chunk, METADATA_CHUNK - CHUNK_OVERHEAD, backing.metadata);
        Slab::create(class, self.owner, &mut self.descriptors, metadata, os)
    }

    fn allocate_unit(&mut self, backing: Backing<'_>) -> Option<Chunk> {
        if let Some(unit) = self.chunks.allocate_unit_from_bins() {
            return Some(unit.chunk);
        }
        self.check_break(backing);
        if let Some(unit) = self.chunks.allocate_unit_from_top() {
            return Some(unit.chunk);
        }
        self.grow(UNIT, backing)?;
        self.chunks.allocate_unit_from_top().map(|unit| unit.chunk)
    }

    /// Counts objects that became free.
    fn count_freed(&mut self, class: SmallClass, freed: usize) {
        self.slab_free_bytes += freed * class.size_bytes();
        self.count_objects(class, |counts| counts.free += freed);
    }

    /// Keeps the lists right after one object of a slab became free: if it is the only free one, or the last.
    #[inline(never)]
    fn note_put(&mut self, slab: &'static Slab, is_sparse: bool, backing: Backing<'_>) {
        if slab.free_objects() == 1 {
            self.list_partial(slab);
        }
        self.note_emptier(slab, is_sparse, backing);
    }

    /// Lists a slab that had no free object.
    fn list_partial(&mut self, slab: &'static Slab) {
        if let Some(list) = self.partial.get_mut(slab.class().index()) {
            list.push(slab);
        }
    }

    /// Makes a slab whose objects are all free a chunk again, unless it is the last of its class that has
    /// room: the next allocation shall find it. Of others, which may be `sparse`, pages go back.
    fn note_emptier(&mut self, slab: &'static Slab, is_sparse: bool, backing: Backing<'_>) {
        self.purge_slabs_if_tight(backing);
        if slab.in_use() == 0 {
            let list = self.partial.get(slab.class().index());
            if list.is_some_and(|list| list.count() > 1) || self.is_idle() {
                self.close_slab(slab, backing);
            }
        } else if is_sparse {
            let purged = self.purge_slab(slab, backing);
            self.note_given_back(purged.bytes, backing);
        }
    }

    fn count_objects(&mut self, class: SmallClass, step: impl FnOnce(&mut ClassCounts)) {
        if let Some(counts) = self.classes.get_mut(class.index()) {
            step(counts);
        }
    }

    pub(super) fn close_empty_slabs(&mut self, class: SmallClass, backing: Backing<'_>) {
        let is_empty = |slab: &&'static Slab| slab.free_objects() == slab.objects();
        while let Some(slab) =
            self.partial.get(class.index()).and_then(|list| list.iter().find(is_empty))
        {
            self.close_slab(slab, backing);
        }
    }

    /// Gives the memory of descriptors back that describe nothing. No thread may be about to queue a slab.
    pub(super) fn release_descriptors(&mut self, backing: Backing<'_>) {
        let spare = &mut self.spare;
        self.descriptors.release_unused(backing.metadata, backing.os, |slab| {
            if let Some(list) = spare.get_mut(slab.class().index()) {
                list.remove(slab);
            }
        });
    }

    /// Turns a slab whose objects are all free into a free chunk.
    pub(super) fn close_slab(&mut self, slab: &'static Slab, backing: Backing<'_>) {
        let (class, unit) = (slab.class(), slab.unit());
        self.restore_gone_head(slab);
        self.restore_head_behind(slab, backing);
        if let Some(list) = self.partial.get_mut(class.index()) {
            list.remove(slab);
        }
        self.slab_purged_pages -= slab.purged_pages() as usize;
        slab.close();
        if let Some(list) = self.spare.get_mut(class.index()) {
            list.push(slab);
        }
        self.slabs -= 1;
        self.slab_free_bytes -= slab.objects() as usize * class.size_bytes();
        self.slab_waste_bytes -= slab.waste_bytes();
        self.count_objects(class, |counts| {
            counts.slabs -= 1;
            counts.free -= slab.objects() as usize;
        });
        backing.map.set(unit, ClassByte::CHUNK, self.owner);
        let chunk = chunk_at(unit);
        if chunk.header(self.chunks.key()).state != State::InUse {
            // Nobody but an overflowing neighbour writes there.
            fatal(Misuse::SizeVersusPrevSize, unit);
        }
        self.chunks.set_kind(chunk, Kind::Plain);
        self.free(chunk, backing);
    }
}

/// Whether there may be pages to give back in a slab of which so many objects are in use after one was freed: each time
/// that half of them is gone, and when two are left.
fn may_have_pages(in_use: u32) -> bool {
    in_use == 2 || (in_use + 1).is_power_of_two()
}

/// Ends the process for an object that cannot be freed.
pub(super) fn refuse(error: FreeError, address: usize) -> ! {
    match error {
        FreeError::NotAnObject => fatal(Misuse::FreeInvalidPointer, address),
        FreeError::AlreadyFree => fatal(Misuse::DoubleFree, address),
    }
}

mod raw {
    //! From addresses to chunks and back.
    #![expect(unsafe_code, reason = "memory becomes chunks, chunks become memory")]

    use core::ptr::with_exposed_provenance_mut;

    use super::{Chunk, Metadata, Region};

    /// The chunk of a slab, from the address of its unit.
    pub(in crate::arena) fn chunk_at(unit: usize) -> Chunk {
        // SAFETY: the caller's slab occupies this unit of a region of this arena, whose lock is held.
        unsafe { Chunk::at(unit) }
    }

    /// Gives the user data of a chunk of at least `size` bytes to the metadata.
    pub(super) fn donate(chunk: Chunk, size: usize, metadata: &Metadata) {
        let start = chunk.user_address();
        // SAFETY: the chunk was just allocated with so many bytes, and is never freed.
        unsafe { with_exposed_provenance_mut::<u8>(start).write_bytes(0, size) };
        // SAFETY: as above.
        unsafe { metadata.donate(start, size) };
    }

    /// The first chunk of a region that the caller has, or is about to have.
    pub(in crate::arena) fn first_chunk(region: Region) -> Chunk {
        // SAFETY: a region is mapped memory, a unit at least, of whoever acquired it; the caller holds
        // that arena's lock.
        unsafe { Chunk::at(region.start) }
    }
}

pub(super) use raw::chunk_at;
use raw::donate;
pub(super) use raw::first_chunk;
