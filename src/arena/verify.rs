//! The walker: checks every structure of a locked arena against the others.

use super::arena::slab_of_owner;
use super::backing::Backing;
use super::chunk::{
    Chunk, Dirty, FENCE, Header, Kind, PURGE_MIN, RANGE_MIN, State, Walk, walk_region,
};
use super::heads::header_of;
use super::regions::Region;
use super::state::{ArenaState, first_chunk};
use crate::size_class::{ClassByte, SmallClass};
use crate::units::UNIT;

/// Sums over all regions, to compare with the counts.
#[derive(Default)]
struct Sums {
    system: usize,
    free: usize,
    free_chunks: usize,
    slabs: usize,
}

impl ArenaState {
    /// `Err` says which rule does not hold.
    pub(super) fn verify(&mut self, backing: Backing<'_>) -> Result<(), &'static str> {
        self.check_break(backing);
        let mut sums = Sums::default();
        for region in self.regions.iter() {
            sums.system += region.size();
            verify_region(region, backing, &mut sums)?;
        }
        let (mut linked, mut linked_bytes, mut dirty_bytes, mut purged_bytes) = (0, 0, 0, 0);
        self.chunks.for_each_free(0, |chunk, header| {
            linked += 1;
            linked_bytes += header.size;
            let dirty = Dirty::of(chunk, header.size).bytes();
            if header.size >= RANGE_MIN {
                purged_bytes += header.size - dirty;
            }
            if header.size >= PURGE_MIN {
                dirty_bytes += dirty;
            }
        });
        let tops = usize::from(self.chunks.top_region_end().is_some());
        check(linked_bytes + self.chunks.top_size() == self.chunks.free_bytes(), "bins: bytes")?;
        check(sums.free == self.chunks.free_bytes(), "free bytes of regions and of bins differ")?;
        check(sums.free_chunks == self.chunks.free_chunks(), "free chunks and their count differ")?;
        check(linked + tops == self.chunks.free_chunks(), "bins: chunks and their count differ")?;
        check(dirty_bytes == self.chunks.dirty_bytes(), "bins: dirty bytes")?;
        check(purged_bytes == self.chunks.purged_bytes_of_bins(), "bins: purged bytes")?;
        check(sums.system == self.system_bytes, "regions and system_bytes differ")?;
        check(sums.slabs == self.slabs, "slab chunks and open slabs differ")?;
        self.verify_slabs()
    }

    fn verify_slabs(&self) -> Result<(), &'static str> {
        let (mut free, mut purged) = (0, 0);
        for class in SmallClass::all() {
            let Some(list) = self.partial.get(class.index()) else { continue };
            for slab in list.iter() {
                check(slab.class() == class, "a slab in the list of another class")?;
                check(slab.unit() != 0, "a closed slab in a list")?;
                check(slab.free_objects() > 0, "a full slab in a list")?;
                free += slab.free_objects() as usize * class.size_bytes();
                purged += slab.purged_pages() as usize;
            }
            check(list.count() == list.iter().count(), "a list of slabs and its count differ")?;
            let listed: usize = list.iter().map(|slab| slab.free_objects() as usize).sum();
            let counts = self.classes.get(class.index()).copied().unwrap_or_default();
            check(listed == counts.free, "free objects of a class and their count differ")?;
        }
        let slabs: usize = self.classes.iter().map(|counts| counts.slabs).sum();
        check(slabs == self.slabs, "slabs by class and their count differ")?;
        check(purged == self.slab_purged_pages, "purged pages and their count differ")?;
        check(free == self.slab_free_bytes, "free objects and slab_free_bytes differ")
    }
}

fn verify_region(
    region: Region,
    backing: Backing<'_>,
    sums: &mut Sums,
) -> Result<(), &'static str> {
    let mut result = Ok(());
    let mut previous: Option<Header> = None;
    walk_region(
        first_chunk(region),
        |chunk| header_of(chunk, backing),
        |chunk, header| {
            result = verify_chunk(chunk, header, previous, region, backing);
            sums.slabs += usize::from(header.kind == Kind::Slab);
            if header.state == State::Free {
                sums.free += header.size;
                sums.free_chunks += 1;
            }
            previous = Some(header);
            if result.is_ok() { Walk::On } else { Walk::Stop }
        },
    );
    result?;
    check(previous.is_some_and(|last| last.kind == Kind::Fence), "a region without a fence")
}

fn verify_chunk(
    chunk: Chunk,
    header: Header,
    previous: Option<Header>,
    region: Region,
    backing: Backing<'_>,
) -> Result<(), &'static str> {
    let address = chunk.address();
    check(header.state != State::Broken, "a broken boundary tag")?;
    if header.kind == Kind::Fence {
        check(address + FENCE == region.end, "a fence inside a region")?;
        return check(header.size == region.size(), "a fence of the wrong size");
    }
    check(address + header.size + FENCE <= region.end, "a chunk beyond its region")?;
    if let Some(previous) = previous {
        let is_free = previous.state == State::Free;
        check(header.is_prev_in_use != is_free, "PREV_IN_USE is wrong")?;
        check(!is_free || chunk.prev_size() == previous.size, "prev_size is wrong")?;
        check(!(is_free && header.state == State::Free), "two free neighbours")?;
    }
    let (class, owner) = backing.map.entry_at(address);
    if header.kind != Kind::Slab {
        return check(
            header.state == State::Free || class == ClassByte::CHUNK,
            "class byte of a chunk",
        );
    }
    check(address.is_multiple_of(UNIT), "a slab off its boundary")?;
    check(class.small().is_some(), "class byte of a slab")?;
    let slab = slab_of_owner(owner);
    check(slab.class().class_byte() == class, "class byte and descriptor of a slab differ")?;
    check(slab.unit() == address, "the map and the descriptor of a slab differ")?;
    check(slab.is_consistent(), "bitmap and counts of a slab differ")
}

fn check(holds: bool, rule: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(rule) }
}
