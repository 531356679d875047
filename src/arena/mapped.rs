//! Mmapped chunks: large blocks with a mapping of their own.
//!
//! ```text
//! mapping → lead (0 or, for aligned blocks, some pages' tail) | chunk header | user data … page end
//! ```
//!
//! The chunk's `prev_size` is the lead, its size the rest of the mapping. The unit map has a bit for each
//! page of a unit, set if the user data of a chunk starts in that page (of one chunk at most: a page
//! belongs to one mapping), so that a pointer that was unmapped already is recognised without touching
//! its memory.

use super::backing::Backing;
use super::chunk::{Chunk, Header, Kind, State, USER_OFFSET};
use super::pages::CHUNK_NAME;
use super::walk::{Batch, Cursor, Seen};
use crate::os::Lock;
use crate::size_class::ClassByte;
use crate::sync::counts::{self, Line, LockKind};
use crate::sync::{AtomicUsize, Ordering};
use crate::units::{ALIGNMENT, UNIT, align_down, align_up, checked_align_up};

/// Counts of the mmapped chunks, and the lock of their entries in the unit map.
#[repr(align(128))]
pub(crate) struct Mapped {
    /// Held when the counts change, too.
    entries: Lock<()>,
    chunks: AtomicUsize,
    bytes: AtomicUsize,
    chunks_max: AtomicUsize,
    bytes_max: AtomicUsize,
}

/// The counts of the mmapped chunks at one moment.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct MappedTotals {
    /// Number of chunks, and the most there ever were.
    pub(crate) chunks: usize,
    pub(crate) chunks_max: usize,
    /// Bytes in their mappings, and the most there ever were.
    pub(crate) bytes: usize,
    pub(crate) bytes_max: usize,
}

/// Bytes that the user of a chunk has at least, as in glibc.
const USABLE_MIN: usize = 24;

impl Mapped {
    /// No chunks.
    pub(crate) const fn new() -> Self {
        Self {
            entries: Lock::of(LockKind::Mapped, ()),
            chunks: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            chunks_max: AtomicUsize::new(0),
            bytes_max: AtomicUsize::new(0),
        }
    }

    /// Number of mmapped chunks.
    pub(crate) fn chunks(&self) -> usize {
        self.chunks.load(Ordering::Relaxed)
    }

    /// The counts at one moment.
    pub(crate) fn totals(&self) -> MappedTotals {
        let _lock = self.entries.lock();
        MappedTotals {
            chunks: self.chunks.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            chunks_max: self.chunks_max.load(Ordering::Relaxed),
            bytes_max: self.bytes_max.load(Ordering::Relaxed),
        }
    }

    /// Copies mapped chunks from the cursor on, sizes those of their mappings; false if there are none.
    pub(crate) fn walk(
        &self,
        cursor: &mut Cursor,
        batch: &mut Batch,
        backing: Backing<'_>,
    ) -> bool {
        let page = backing.os.page_size();
        batch.clear();
        let _lock = self.entries.lock();
        while let Some((unit, pages)) = backing.map.next_mapped(align_down(cursor.next, UNIT)) {
            for start in (unit..unit + UNIT).step_by(page.max(1)) {
                if start < cursor.next || pages & page_bit(start, backing) == 0 {
                    continue;
                }
                let Some(chunk) = chunk_of_page(start, backing) else { continue };
                let size = chunk.header(backing.key).size + chunk.prev_size();
                let address = chunk.user_address();
                if !batch.push(Seen { address, size, is_free: false, is_cached: false }) {
                    cursor.next = start;
                    return true;
                }
            }
            cursor.next = unit + UNIT;
        }
        cursor.next = usize::MAX;
        !batch.is_empty()
    }

    /// Maps a chunk for `request` bytes whose user data is aligned to `alignment`, a power of two.
    pub(crate) fn allocate(
        &self,
        request: usize,
        alignment: usize,
        backing: Backing<'_>,
    ) -> Option<Chunk> {
        let os = backing.os;
        let page = os.page_size();
        // The page in which the user data starts must be the chunk's own, also if none is asked for.
        let request = request.max(USABLE_MIN);
        let slack = if alignment <= ALIGNMENT { 0 } else { alignment };
        let needed = request.checked_add(USER_OFFSET)?;
        let size = needed.checked_add(slack)?;
        let size = checked_align_up(size, backing.pages().granule(size))?;
        let mut start = backing.pages().map(size, CHUNK_NAME)?;
        let user = align_up(start + USER_OFFSET, alignment.max(ALIGNMENT));
        let mut end = start + size;
        if slack > 0 {
            // Whole pages in front and behind are not needed for this alignment.
            let first = (user - USER_OFFSET) & !(page - 1);
            if first > start && os.unmap(start, first - start) {
                start = first;
            }
            let last = align_up(user + request, page);
            if last < end && os.unmap(last, end - last) {
                end = last;
            }
        }
        let chunk = chunk_in_mapping(user - USER_OFFSET);
        if backing.map.prepare(user, user + 1, backing.metadata, os).is_none() {
            os.unmap(start, end - start);
            return None;
        }
        chunk.set_prev_size(chunk.address() - start);
        let header = Header::in_use(end - chunk.address(), Kind::Mapped, true);
        chunk.set_header(header, backing.key);
        let _lock = self.entries.lock();
        Self::enter(chunk, backing);
        self.count(end - start);
        Some(chunk)
    }

    /// Unmaps a chunk. False: it is not a mapped chunk in use (any more).
    pub(crate) fn free(&self, chunk: Chunk, backing: Backing<'_>) -> bool {
        let lock = self.entries.lock();
        let Some((start, end)) = Self::leave(chunk, backing) else {
            return false;
        };
        self.uncount(end - start);
        drop(lock);
        // Where the kernel refuses (the number of mappings is limited), at least the pages go.
        if !backing.os.unmap(start, end - start) {
            backing.os.discard(start, end - start);
        }
        true
    }

    /// Resizes a chunk to hold `request` bytes, moving pages rather than copying; `None` leaves it.
    #[inline(always)]
    pub(crate) fn resize(
        &self,
        chunk: Chunk,
        request: usize,
        backing: Backing<'_>,
    ) -> Option<Chunk> {
        let lead = chunk.prev_size();
        let old = chunk.header(backing.key).size + lead;
        let needed = request.checked_add(USER_OFFSET)?.checked_add(lead)?;
        let granule = backing.pages().granule(old);
        let granule = if old.is_multiple_of(granule) { granule } else { backing.os.page_size() };
        let new = checked_align_up(needed, granule)?;
        if new == old {
            return Some(chunk);
        }
        let _lock = self.entries.lock();
        // Where the pages move to, the map may need a leaf: have one before anything changes.
        backing.map.reserve_leaf(backing.metadata, backing.os)?;
        let (start, _) = Self::leave(chunk, backing)?;
        let moved = backing.os.remap(start, old, new);
        let place = chunk_in_mapping(moved.unwrap_or(start) + lead);
        let size = if moved.is_some() { new } else { old };
        place.set_header(Header::in_use(size - lead, Kind::Mapped, true), backing.key);
        backing.map.prepare_reserved(place.user_address());
        Self::enter(place, backing);
        moved?;
        self.uncount(old);
        self.count(new);
        Some(place)
    }

    /// In the child of a fork: opens the lock.
    pub(crate) fn reset_in_child(&self) {
        self.entries.reset_in_child();
    }

    /// Whether the unit map and the tag say that this is a mapped chunk in use.
    pub(crate) fn is_in_use(chunk: Chunk, backing: Backing<'_>) -> bool {
        let header = chunk.header(backing.key);
        header.state == State::InUse && header.kind == Kind::Mapped
    }

    /// Whether the words in front of a mapped chunk in use describe whole pages. Its size is covered by the
    /// check, what lies in front of it is not.
    pub(crate) fn is_whole(chunk: Chunk, backing: Backing<'_>) -> bool {
        let page = backing.os.page_size();
        chunk.address().wrapping_sub(chunk.prev_size()).is_multiple_of(page)
            && (chunk.address() + chunk.header(backing.key).size).is_multiple_of(page)
    }

    /// Whether the user data of a chunk may start at `address`, whose unit has these `pages` in the unit map:
    /// that of some chunk starts in its page, and the words in front of `address` belong to that chunk.
    pub(crate) fn may_start_at(pages: usize, address: usize, backing: Backing<'_>) -> bool {
        if pages & page_bit(address, backing) == 0 {
            return false;
        }
        // Where a page starts, those words lie in the page in front, which is the chunk's only if the chunk
        // does not start further up in this one.
        !address.is_multiple_of(backing.os.page_size())
            || chunk_of_page(address, backing).is_some_and(|chunk| chunk.user_address() == address)
    }

    /// Enters the chunk into the unit map, which is prepared. Needs the lock of the entries.
    fn enter(chunk: Chunk, backing: Backing<'_>) {
        let user = chunk.user_address();
        let (_, pages) = backing.map.entry_at(user);
        backing.map.set(user, ClassByte::MAPPED, pages | page_bit(user, backing));
    }

    /// Takes the chunk out of the unit map and marks its tag as free; returns its mapping. `None`: it
    /// is not a mapped chunk in use. Needs the lock of the entries.
    fn leave(chunk: Chunk, backing: Backing<'_>) -> Option<(usize, usize)> {
        let user = chunk.user_address();
        let (class, pages) = backing.map.entry_at(user);
        let bit = page_bit(user, backing);
        let is_ours = class == ClassByte::MAPPED && pages & bit != 0;
        if !is_ours || !Self::is_in_use(chunk, backing) || !Self::is_whole(chunk, backing) {
            return None;
        }
        let header = chunk.header(backing.key);
        chunk.set_header(Header { state: State::Free, ..header }, backing.key);
        let pages = pages & !bit;
        let class = if pages == 0 { ClassByte::NONE } else { ClassByte::MAPPED };
        backing.map.set(user, class, pages);
        Some((chunk.address() - chunk.prev_size(), chunk.address() + header.size))
    }

    fn count(&self, bytes: usize) {
        counts::written(Line::Counter, &self.chunks);
        let chunks = self.chunks.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.chunks_max.fetch_max(chunks, Ordering::Relaxed);
        self.bytes_max.fetch_max(bytes, Ordering::Relaxed);
    }

    fn uncount(&self, bytes: usize) {
        counts::written(Line::Counter, &self.chunks);
        self.chunks.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The bit of the page that holds this address, in the word of its unit.
fn page_bit(address: usize, backing: Backing<'_>) -> usize {
    let page = (address % UNIT) >> backing.os.page_size().trailing_zeros();
    1_usize.checked_shl(u32::try_from(page).unwrap_or(u32::MAX)).unwrap_or(0)
}

/// The mapped chunk whose user data starts in the page at `start`: 16 bytes into it; if it is aligned, a
/// power of two or 0. Needs the lock of the entries, or an address in that page that a program has.
fn chunk_of_page(start: usize, backing: Backing<'_>) -> Option<Chunk> {
    let page = backing.os.page_size();
    let mut offset = USER_OFFSET;
    while offset < page {
        let chunk = chunk_in_mapping(start + offset - USER_OFFSET);
        // What lies in front of such a chunk fills whole pages but for the bytes in its own.
        let lead = chunk.prev_size();
        let fits = lead % page == offset - USER_OFFSET
            && (chunk.size().wrapping_add(lead)).is_multiple_of(page);
        if fits && Mapped::is_in_use(chunk, backing) {
            return Some(chunk);
        }
        offset *= 2;
    }
    // No other is left, so that the page in front, where the tag lies, is the chunk's.
    let chunk = chunk_in_mapping(start - USER_OFFSET);
    Mapped::is_in_use(chunk, backing).then_some(chunk)
}

mod raw {
    //! From the address of a mapping to a chunk.
    #![expect(unsafe_code, reason = "a mapping becomes a chunk")]

    use super::Chunk;

    /// The chunk at an aligned address in a mapping of the caller's, or that it was moved to.
    pub(super) fn chunk_in_mapping(address: usize) -> Chunk {
        // SAFETY: 16-aligned, and the mapping reaches from there for more than a header.
        unsafe { Chunk::at(address) }
    }
}

use raw::chunk_in_mapping;
