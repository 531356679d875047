//! The chunk heap of an arena: split, coalesce, and the top chunk.
//!
//! ```text
//! region: | chunk | chunk | free | chunk | … | top ............................ | fence |
//! ```
//!
//! No two free chunks are neighbours. The top is the free end of the newest region; it is in no bin
//! and is used when no bin has a fit. Memory above `fresh` in it was never written to and is zero.

use super::bins::{Bins, Taken};
use super::dirty::Dirty;
use super::header::{Chunk, Header, Key, Kind, MIN_CHUNK, State};
use crate::diag::{Misuse, fatal};
use crate::units::{UNIT, align_up};

/// Bytes of the fence at the end of a region.
pub(crate) const FENCE: usize = 16;

/// The chunks of one arena.
pub(crate) struct ChunkHeap {
    pub(super) key: Key,
    pub(super) bins: Bins,
    top: Option<Top>,
    /// Bytes without pages in chunks taken from bins, since [`Self::take_clean_taken`].
    clean_taken: usize,
}

/// The top chunk: from `chunk` to `fence`.
#[derive(Clone, Copy, Debug)]
struct Top {
    chunk: Chunk,
    fence: Chunk,
    /// From 16 bytes after this address on the memory is zero.
    fresh: usize,
    /// Up to this address it had pages, which were given back.
    given_back: usize,
    /// Bytes of the region up to and with the fence.
    region: usize,
}

impl Top {
    fn size(&self) -> usize {
        self.fence.address() - self.chunk.address()
    }

    /// Notes that it begins at `chunk` now; returns how many bytes in front of that had been given back.
    fn begin_at(&mut self, chunk: Chunk) -> usize {
        self.chunk = chunk;
        let before = self.fresh;
        self.fresh = before.max(chunk.address());
        self.fresh.min(self.given_back).saturating_sub(before)
    }
}

/// A chunk that is now in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocated {
    /// The chunk.
    pub(crate) chunk: Chunk,
    /// Its memory from this address on is zero.
    pub(crate) zero_from: usize,
}

/// What a freed chunk became after merging with its neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Freed {
    /// A free chunk in a bin, of this size.
    Binned { size: usize },
    /// A whole region, taken out of the heap.
    Region { start: usize, end: usize },
    /// Part of the top.
    Top,
}

/// Where a new region lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Follows {
    /// Directly behind the newest one.
    Newest,
    /// Anywhere.
    Nothing,
}

/// How a resize in place ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resized {
    /// It cannot: the neighbour is in use or too small.
    No,
    /// As asked.
    Done,
    /// As asked, and the rest became free.
    Freed(Freed),
}

impl ChunkHeap {
    /// No memory yet, in memory that was all zeros.
    pub(crate) fn start(&mut self, key: Key) {
        self.key = key;
        self.bins.start();
        self.top = None;
    }

    /// No memory yet.
    #[cfg(test)]
    pub(crate) const fn new(key: Key) -> Self {
        Self { key, bins: Bins::new(), top: None, clean_taken: 0 }
    }

    /// The key of its headers.
    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// Adds a region of `size` bytes at `first`: whole units of zeros that nobody else uses. If it
    /// `follows` the newest one, that becomes longer.
    pub(crate) fn add_region(&mut self, first: Chunk, size: usize, follows: Follows) {
        self.bins.note_memory(first, size);
        if let Some(top) = &mut self.top
            && follows == Follows::Newest
        {
            debug_assert!(top.fence.address() + FENCE == first.address());
            top.fence.erase();
            top.fence = top.fence.forward(size);
            top.region += size;
        } else {
            if let Some(old) = self.top.take() {
                self.retire_top(old);
            }
            let fence = first.forward(size - FENCE);
            let start = first.address();
            self.top =
                Some(Top { chunk: first, fence, fresh: start, given_back: start, region: size });
        }
        self.write_top_and_fence();
    }

    /// A chunk of `size` bytes (header included; a multiple of 16, at least [`MIN_CHUNK`]) from a bin.
    pub(crate) fn allocate_from_bins(&mut self, size: usize) -> Option<Allocated> {
        let taken = self.bins.take_fit(size, self.key)?;
        self.claim(&taken, size);
        Some(Allocated { chunk: taken.chunk, zero_from: usize::MAX })
    }

    /// The same from the top.
    pub(crate) fn allocate_from_top(&mut self, size: usize) -> Option<Allocated> {
        self.carve_top(size, 0)
    }

    /// The same, and behind it as many others of that size as there are places in `others`, which gets their user
    /// addresses.
    pub(crate) fn allocate_several_from_top(
        &mut self,
        size: usize,
        others: &mut [usize],
    ) -> Option<Allocated> {
        let total = size.checked_mul(others.len() + 1)?;
        let first = self.carve_top(total, 0)?;
        let header = Header::in_use(size, Kind::Plain, true);
        first.chunk.set_header(header, self.key);
        let mut last = first.chunk;
        for place in others {
            last = last.forward(size);
            last.set_header(header, self.key);
            *place = last.user_address();
        }
        Some(first)
    }

    /// A chunk of one unit that starts on a unit boundary, for a slab, from a bin.
    pub(crate) fn allocate_unit_from_bins(&mut self) -> Option<Allocated> {
        let fits = |chunk: Chunk, have: usize| unit_lead(chunk) + UNIT <= have;
        let taken = self.bins.take_where(UNIT, self.key, fits)?;
        let lead = unit_lead(taken.chunk);
        self.claim(&taken, lead + UNIT);
        if lead == 0 {
            return Some(Allocated { chunk: taken.chunk, zero_from: usize::MAX });
        }
        // What lies in front is as dirty as it was.
        let header = taken.chunk.header(self.key);
        let unit = self.split(taken.chunk, header, lead);
        self.free_dirty(taken.chunk, taken.dirty);
        Some(Allocated { chunk: unit, zero_from: usize::MAX })
    }

    /// The same from the top.
    pub(crate) fn allocate_unit_from_top(&mut self) -> Option<Allocated> {
        let lead = unit_lead(self.top.as_ref()?.chunk);
        self.carve_top(lead + UNIT, lead)
    }

    /// Cuts a chunk in use of at least [`aligned_room`] bytes down to `size` bytes whose user data is
    /// aligned to `alignment`, a power of two.
    pub(crate) fn cut_aligned(&mut self, chunk: Chunk, size: usize, alignment: usize) -> Chunk {
        let lead = lead_to_alignment(chunk.user_address(), alignment);
        let aligned = if lead == 0 { chunk } else { self.cut_lead(chunk, lead) };
        self.resize_in_place(aligned, size);
        aligned
    }

    /// Writes the kind of a chunk in use.
    pub(crate) fn set_kind(&mut self, chunk: Chunk, kind: Kind) {
        let header = chunk.header(self.key);
        chunk.set_header(Header { kind, ..header }, self.key);
    }

    /// Frees a chunk in use and merges it with its free neighbours.
    pub(crate) fn free(&mut self, chunk: Chunk) -> Freed {
        let size = chunk.header(self.key).size;
        self.free_dirty(chunk, Dirty::whole(chunk, size))
    }

    /// The same for a chunk that has pages in this range only.
    fn free_dirty(&mut self, chunk: Chunk, dirty: Dirty) -> Freed {
        let header = chunk.header(self.key);
        debug_assert!(header.state == State::InUse);
        // From here on a second free of this chunk finds a free tag.
        chunk.set_header(Header::free(header.size), self.key);
        let (mut start, mut size) = (chunk, header.size);
        let mut dirty = dirty.cut(chunk, size);
        if !header.is_prev_in_use {
            let (previous, merged) = self.take_previous(chunk);
            start = previous;
            size += merged.size;
            dirty = dirty.join(merged.dirty);
        }
        let mut next = chunk.forward(header.size);
        if self.top.is_some_and(|top| top.chunk == next) {
            return self.merge_into_top(start);
        }
        let next_header = next.header(self.key);
        match next_header.state {
            State::InUse => {}
            State::Broken => fatal(Misuse::InvalidNextSize, chunk.user_address()),
            State::Free => {
                // The words of a free chunk have a page, also when nothing else of it has.
                dirty = dirty.join(Dirty::words_of(next)).join(Dirty::of(next, next_header.size));
                self.bins.remove(next, next_header);
                size += next_header.size;
                next = next.forward(next_header.size);
                if next.prev_size() != next_header.size {
                    fatal(Misuse::SizeVersusPrevSize, next.user_address());
                }
            }
        }
        self.finish_free(start, size, next, dirty)
    }

    /// Grows or shrinks a chunk in use without moving it.
    pub(crate) fn resize_in_place(&mut self, chunk: Chunk, size: usize) -> Resized {
        let header = chunk.header(self.key);
        if size <= header.size {
            if header.size - size < MIN_CHUNK {
                return Resized::Done;
            }
            let tail = self.split(chunk, header, size);
            return Resized::Freed(self.free(tail));
        }
        let extra = size - header.size;
        let next = chunk.forward(header.size);
        if let Some(top) = &mut self.top
            && top.chunk == next
        {
            check_top(top, self.key);
            if top.size() < extra + MIN_CHUNK {
                return Resized::No;
            }
            self.clean_taken += top.begin_at(next.forward(extra));
            self.write_top();
            chunk.set_header(Header { size, ..header }, self.key);
            return Resized::Done;
        }
        let next_header = next.header(self.key);
        match next_header.state {
            State::Broken => fatal(Misuse::ReallocInvalidNextSize, chunk.user_address()),
            State::Free if next_header.size >= extra => {
                self.bins.remove(next, next_header);
                let have = header.size + next_header.size;
                chunk.set_header(Header { size: have, ..header }, self.key);
                chunk.forward(have).set_prev_in_use(true);
                self.resize_in_place(chunk, size)
            }
            State::Free | State::InUse => Resized::No,
        }
    }

    /// Whether the chunk is followed by the top, so that a longer region would let it grow.
    pub(crate) fn is_below_top(&self, chunk: Chunk) -> bool {
        let size = chunk.header(self.key).size;
        self.top.is_some_and(|top| top.chunk == chunk.forward(size))
    }

    /// How many bytes without pages chunks from bins had since the last call.
    pub(crate) fn take_clean_taken(&mut self) -> usize {
        core::mem::take(&mut self.clean_taken)
    }

    /// Bytes in the top chunk.
    pub(crate) fn top_size(&self) -> usize {
        self.top.map_or(0, |top| top.size())
    }

    /// The end of the newest region, fence included.
    pub(crate) fn top_region_end(&self) -> Option<usize> {
        self.top.map(|top| top.fence.address() + FENCE)
    }

    /// First and last byte address + 1 of the top's memory that was written to, without its header.
    pub(crate) fn dirty_top(&self) -> Option<(usize, usize)> {
        self.top.map(|top| (top.chunk.address() + 16, top.fresh + 16))
    }

    /// All pages of the top's memory from `start` on that were written to, if need be with the fence's,
    /// were given back and read as zero.
    pub(crate) fn note_top_discarded(&mut self, start: usize) {
        if let Some(top) = &mut self.top {
            top.given_back = top.given_back.max(top.fresh);
            top.fresh = top.fresh.min(start - 16);
        }
        self.write_top_and_fence();
    }

    /// Shortens the newest region to `end`, below which the top has room; the memory above is gone.
    pub(crate) fn shorten_top(&mut self, end: usize) {
        if let Some(top) = &mut self.top {
            let cut = top.fence.address() + FENCE - end;
            debug_assert!(top.chunk.address() + MIN_CHUNK + FENCE <= end);
            top.fence = top.fence.back(cut);
            top.region -= cut;
            // The new fence may lie in memory that is written to.
            top.fresh = top.fresh.min(top.fence.address());
        }
        self.write_top_and_fence();
    }

    /// The memory from `end` on is gone; what is left of the top stays. Returns where the region ends
    /// now: at `end`, or where the top began if nothing useful of it is left.
    pub(crate) fn cut_top_at(&mut self, end: usize) -> usize {
        let Some(top) = self.top else { return end };
        let start = top.chunk.address();
        if start + MIN_CHUNK + FENCE <= end {
            self.shorten_top(end);
            return end;
        }
        self.top = None;
        if start + FENCE <= end {
            let region = top.region - top.size();
            top.chunk.set_header(Header::in_use(region, Kind::Fence, true), self.key);
        }
        start + FENCE
    }

    /// Takes out the newest region if all of it is free.
    pub(crate) fn take_empty_top(&mut self) -> Option<(usize, usize)> {
        let top = self.top.filter(|top| top.size() + FENCE == top.region)?;
        self.top = None;
        Some((top.chunk.address(), top.fence.address() + FENCE))
    }

    /// Keeps a region after all that [`Self::free`] or [`Self::take_empty_top`] took out, as one free
    /// chunk. Nothing was written to it since.
    pub(crate) fn keep_region(&mut self, first: Chunk, size: usize) {
        let fence = first.forward(size - FENCE);
        let header = Header::free(size - FENCE);
        first.set_header(header, self.key);
        fence.set_header(Header::in_use(size, Kind::Fence, false), self.key);
        fence.set_prev_size(header.size);
        Dirty::whole(first, header.size).store(first, header.size);
        self.bins.insert(first, header);
    }

    /// Takes out a region that is one free chunk in a bin, if there is one.
    pub(crate) fn take_empty_region(&mut self) -> Option<(usize, usize)> {
        let key = self.key;
        let mut found = None;
        self.bins.for_each_from(UNIT - FENCE, key, |chunk, header| {
            if chunk.address().is_multiple_of(UNIT) {
                let fence = chunk.forward(header.size).header(key);
                if fence.kind == Kind::Fence && fence.size == header.size + FENCE {
                    found = Some((chunk, header));
                }
            }
        });
        let (chunk, header) = found?;
        self.bins.remove(chunk, header);
        Some((chunk.address(), chunk.address() + header.size + FENCE))
    }

    /// The part of [`Self::purged_bytes`] that is not the top's.
    pub(crate) fn purged_bytes_of_bins(&self) -> usize {
        self.bins.purged_bytes
    }

    /// Bytes of free chunks of 64 KiB and more whose pages were not given back.
    pub(crate) fn dirty_bytes(&self) -> usize {
        self.bins.dirty_bytes
    }

    /// Bytes of free chunks and of the top that have no memory behind them, to within a page at each end:
    /// given back, or never used.
    pub(crate) fn purged_bytes(&self) -> usize {
        let unused = self.top.map_or(0, |top| top.fence.address().saturating_sub(top.fresh + 16));
        self.bins.purged_bytes + unused
    }

    /// Bytes in all free chunks, the top included.
    pub(crate) fn free_bytes(&self) -> usize {
        self.bins.free_bytes + self.top_size()
    }

    /// Number of free chunks, the top included.
    pub(crate) fn free_chunks(&self) -> usize {
        self.bins.chunks + usize::from(self.top.is_some())
    }

    /// Calls `visit` for the free chunks of at least `size` bytes outside the top.
    pub(crate) fn for_each_free(&self, size: usize, visit: impl FnMut(Chunk, Header)) {
        self.bins.for_each_from(size, self.key, visit);
    }

    /// Cuts `size` bytes from the top, which keeps at least [`MIN_CHUNK`]; `lead` bytes of them stay
    /// free in front of the result.
    fn carve_top(&mut self, size: usize, lead: usize) -> Option<Allocated> {
        let top = self.top.as_mut()?;
        check_top(top, self.key);
        if top.size() < size.checked_add(MIN_CHUNK)? {
            return None;
        }
        let chunk = top.chunk;
        let zero_from = top.fresh.max(chunk.address()) + 16;
        self.clean_taken += top.begin_at(chunk.forward(size));
        self.write_top();
        chunk.set_header(Header::in_use(size, Kind::Plain, true), self.key);
        let chunk = if lead == 0 { chunk } else { self.cut_lead(chunk, lead) };
        Some(Allocated { chunk, zero_from })
    }

    /// Makes a chunk that was taken from a bin one in use of `want` bytes; the rest stays free.
    fn claim(&mut self, taken: &Taken, want: usize) {
        let (chunk, have) = (taken.chunk, taken.size);
        check_behind_free(chunk, have, self.key);
        self.clean_taken += taken.dirty.clean_bytes(chunk, want);
        if have - want < MIN_CHUNK {
            chunk.set_header(Header::in_use(have, Kind::Plain, true), self.key);
            chunk.forward(have).set_prev_in_use(true);
            return;
        }
        chunk.set_header(Header::in_use(want, Kind::Plain, true), self.key);
        let rest = chunk.forward(want);
        let header = Header::free(have - want);
        rest.set_header(header, self.key);
        taken.dirty.store(rest, header.size);
        chunk.forward(have).set_prev_size(header.size);
        self.bins.insert(rest, header);
    }

    /// Splits a chunk in use into two; the second is returned.
    fn split(&mut self, chunk: Chunk, header: Header, size: usize) -> Chunk {
        let tail = chunk.forward(size);
        tail.set_header(Header::in_use(header.size - size, Kind::Plain, true), self.key);
        chunk.set_header(Header { size, ..header }, self.key);
        tail
    }

    /// Frees the first `lead` bytes of a chunk in use and returns the rest.
    fn cut_lead(&mut self, chunk: Chunk, lead: usize) -> Chunk {
        let header = chunk.header(self.key);
        let tail = self.split(chunk, header, lead);
        self.free(chunk);
        tail
    }

    /// Unlinks the free chunk before `chunk`.
    fn take_previous(&mut self, chunk: Chunk) -> (Chunk, Taken) {
        let size = chunk.prev_size();
        if size < MIN_CHUNK || !size.is_multiple_of(16) || size > chunk.address() {
            fatal(Misuse::SizeVersusPrevSizeMerging, chunk.user_address());
        }
        let previous = chunk.back(size);
        let header = previous.header(self.key);
        if header.state != State::Free || header.size != size {
            fatal(Misuse::SizeVersusPrevSizeMerging, chunk.user_address());
        }
        let dirty = Dirty::of(previous, size);
        self.bins.remove(previous, header);
        (previous, Taken { chunk: previous, size, dirty })
    }

    fn merge_into_top(&mut self, start: Chunk) -> Freed {
        if let Some(top) = &mut self.top {
            check_top(top, self.key);
            top.chunk = start;
        }
        self.write_top();
        Freed::Top
    }

    fn finish_free(&mut self, start: Chunk, size: usize, next: Chunk, dirty: Dirty) -> Freed {
        if start.address().is_multiple_of(UNIT) {
            let fence = next.header(self.key);
            if fence.kind == Kind::Fence && fence.size == size + FENCE {
                return Freed::Region { start: start.address(), end: next.address() + FENCE };
            }
        }
        let header = Header::free(size);
        start.set_header(header, self.key);
        dirty.store(start, size);
        next.set_prev_size(size);
        next.set_prev_in_use(false);
        self.bins.insert(start, header);
        Freed::Binned { size }
    }

    /// Turns the top into an ordinary free chunk.
    fn retire_top(&mut self, top: Top) {
        let header = Header::free(top.size());
        top.chunk.set_header(header, self.key);
        Dirty { start: top.chunk.address(), end: top.fresh + 16 }.store(top.chunk, header.size);
        top.fence.set_prev_size(top.size());
        top.fence.set_prev_in_use(false);
        self.bins.insert(top.chunk, header);
    }

    /// Writes the tag of the top. The fence behind it stays as it is: its memory may be gone, if somebody
    /// lowered the break and nobody has noticed yet.
    fn write_top(&mut self) {
        if let Some(top) = &self.top {
            top.chunk.set_header(Header::free(top.size()), self.key);
        }
    }

    /// Writes the tags of the top and of the fence behind it.
    fn write_top_and_fence(&mut self) {
        self.write_top();
        if let Some(top) = &self.top {
            top.fence.set_header(Header::in_use(top.region, Kind::Fence, true), self.key);
        }
    }
}

/// Bytes in which a chunk of `size` bytes can be aligned to `alignment`; `None` on overflow.
pub(crate) fn aligned_room(size: usize, alignment: usize) -> Option<usize> {
    size.checked_add(alignment)?.checked_add(MIN_CHUNK)
}

fn check_top(top: &Top, key: Key) {
    let header = top.chunk.header(key);
    if header.state != State::Free || header.size != top.size() {
        fatal(Misuse::CorruptedTop, top.chunk.user_address());
    }
}

/// Ends the process if the header behind a free chunk of `size` bytes does not know it as one.
fn check_behind_free(chunk: Chunk, size: usize, key: Key) {
    let next = chunk.forward(size);
    let header = next.header(key);
    let misuse = if header.state == State::Broken {
        Misuse::FreeChunkInvalidNextSize
    } else if next.prev_size() != size {
        Misuse::FreeChunkMismatchingSize
    } else if header.is_prev_in_use {
        Misuse::FreeChunkInUse
    } else {
        return;
    };
    fatal(misuse, chunk.user_address());
}

/// Bytes from `chunk` to the first unit boundary that leaves room for a free chunk before it.
fn unit_lead(chunk: Chunk) -> usize {
    let lead = align_up(chunk.address(), UNIT) - chunk.address();
    if lead == 0 || lead >= MIN_CHUNK { lead } else { lead + UNIT }
}

/// Bytes to cut off in front so that the user address is aligned, 0 or at least [`MIN_CHUNK`].
fn lead_to_alignment(user_address: usize, alignment: usize) -> usize {
    let lead = align_up(user_address, alignment) - user_address;
    if lead == 0 || lead >= MIN_CHUNK { lead } else { lead + alignment }
}

#[cfg(test)]
mod tests;
