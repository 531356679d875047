//! Mmapped chunks: large blocks with a mapping of their own.
//!
//! ```text
//! mapping → lead (0 or, for aligned blocks, some pages' tail) | chunk header | user data … page end
//! ```
//!
//! The chunk's `prev_size` is the lead, its size the rest of the mapping. The unit map has a bit for each
//! page of a unit, set if the user data of a chunk starts in that page (of one chunk at most: a page
//! belongs to one mapping), so that a pointer that was unmapped already is recognised without touching
//! its memory. Where the settings want it, a chunk of a unit and more is a file, which the map says, too
//! (`files.rs`).

use super::backing::Backing;
use core::ffi::CStr;

use super::chunk::{Chunk, Header, Kind, State, USER_OFFSET};
use super::files::{FILE_CHUNK_MIN, FileMapping, Refused};
use super::pages::CHUNK_NAME;
use super::walk::{Batch, Cursor, Seen};
use crate::os::{Lock, Undisturbed};
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
        if request >= FILE_CHUNK_MIN
            && let Some(directory) = backing.tunables.file_directory()
        {
            let chunk = self.allocate_in_file(directory, request, alignment, backing);
            if chunk != Err(Refused::Forking) {
                return chunk.ok();
            }
        }
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
        Self::enter(chunk, 0, backing);
        self.count(end - start);
        Some(chunk)
    }

    /// The same in a file of its own in that directory.
    #[cold]
    #[inline(never)]
    fn allocate_in_file(
        &self,
        directory: &CStr,
        request: usize,
        alignment: usize,
        backing: Backing<'_>,
    ) -> Result<Chunk, Refused> {
        if backing.files.are_forking() {
            return Err(Refused::Forking);
        }
        let os = backing.os;
        let page = os.page_size();
        let front = if alignment < page { alignment.max(USER_OFFSET) } else { page };
        let size = request.checked_add(front).and_then(|size| checked_align_up(size, page));
        let size = size.ok_or(Refused::NoMemory)?;
        // Until a fork would see the chunk in the map.
        let _undisturbed = Undisturbed::new();
        let file = FileMapping::create(directory, (size, front), alignment, os)
            .ok_or(Refused::NoMemory)?;
        let chunk = chunk_in_mapping(file.start + front - USER_OFFSET);
        let user = chunk.user_address();
        if backing.map.prepare(user, user + 1, backing.metadata, os).is_none() {
            os.unmap(file.start, size);
            return Err(Refused::NoMemory);
        }
        let lead = front - USER_OFFSET;
        chunk.set_prev_size(lead);
        chunk.set_header(Header::in_use(size - lead, Kind::Mapped, true), backing.key);
        let _lock = self.entries.lock();
        Self::enter(chunk, file.bits(user, page), backing);
        if backing.files.are_forking() {
            Self::leave(chunk, backing);
            os.unmap(file.start, size);
            return Err(Refused::Forking);
        }
        Self::confirm(chunk, backing);
        self.count(size);
        Ok(chunk)
    }

    /// Unmaps a chunk. False: it is not a mapped chunk in use (any more).
    #[inline(always)]
    pub(crate) fn free(&self, chunk: Chunk, backing: Backing<'_>) -> bool {
        let lock = self.entries.lock();
        let Some(left) = Self::leave(chunk, backing) else {
            return false;
        };
        self.uncount(left.size);
        drop(lock);
        // Where the kernel refuses (the number of mappings is limited), at least the pages go.
        if !backing.os.unmap(left.start, left.size) {
            left.give_pages_back(backing);
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
        if Self::is_in_file(chunk, backing) {
            return self.resize_in_file(chunk, needed, backing);
        }
        let granule = backing.pages().granule(old);
        let granule = if old.is_multiple_of(granule) { granule } else { backing.os.page_size() };
        let new = checked_align_up(needed, granule)?;
        if new == old {
            return Some(chunk);
        }
        let _lock = self.entries.lock();
        // Where the pages move to, the map may need a leaf: have one before anything changes.
        backing.map.reserve_leaf(backing.metadata, backing.os)?;
        let start = Self::leave(chunk, backing)?.start;
        let moved = backing.os.remap(start, old, new);
        let place = chunk_in_mapping(moved.unwrap_or(start) + lead);
        let size = if moved.is_some() { new } else { old };
        place.set_header(Header::in_use(size - lead, Kind::Mapped, true), backing.key);
        backing.map.prepare_reserved(place.user_address());
        Self::enter(place, 0, backing);
        moved?;
        self.uncount(old);
        self.count(new);
        Some(place)
    }

    /// The same for a file, which cannot grow: nobody has it open. What is cut off is given back.
    #[cold]
    #[inline(never)]
    fn resize_in_file(&self, chunk: Chunk, needed: usize, backing: Backing<'_>) -> Option<Chunk> {
        let os = backing.os;
        let lead = chunk.prev_size();
        let old = chunk.header(backing.key).size + lead;
        let new =
            checked_align_up(needed.max(lead + FILE_CHUNK_MIN + USER_OFFSET), os.page_size())?;
        if new > old {
            return None;
        }
        // Room that growing took is kept.
        if old - new <= old / 4 {
            return Some(chunk);
        }
        let start = chunk.address() - lead;
        let _undisturbed = Undisturbed::new();
        let _lock = self.entries.lock();
        let user = chunk.user_address();
        let (_, word) = backing.map.entry_at(user);
        if file_at(user, backing) != Some(FileMapping { start, size: old }) {
            return None;
        }
        // One store, so that a fork sees the chunk, and before what is cut off cannot be copied any more.
        let file = FileMapping { start, size: new }.bits(user, os.page_size());
        let word = FileMapping::confirmed(FileMapping::without(word) | file);
        backing.map.set(user, ClassByte::MAPPED, word);
        chunk.set_header(Header::in_use(new - lead, Kind::Mapped, true), backing.key);
        // In this order: the blocks can only be given back while they are mapped. From then on the memory must
        // not be used, even if it stays mapped.
        os.punch(start + new, old - new);
        os.unmap(start + new, old - new);
        self.uncount(old);
        self.count(new);
        Some(chunk)
    }

    /// In the child of a fork: takes a chunk out of the unit map that the child did not get.
    pub(super) fn forget(file: FileMapping, backing: Backing<'_>) {
        if let Some(user) = page_of_user(file, backing) {
            let (_, word) = backing.map.entry_at(user);
            Self::set_pages(user, FileMapping::without(word) & !page_bit(user, backing), backing);
        }
    }

    /// In the child of a fork: the chunk's memory is a copy, which was made before another thread resized it,
    /// if one did.
    pub(super) fn note_copied(file: FileMapping, backing: Backing<'_>) {
        let page = page_of_user(file, backing);
        if let Some(chunk) = page.and_then(|page| chunk_of_page(page, backing)) {
            let size = file.size - chunk.prev_size();
            chunk.set_header(Header::in_use(size, Kind::Mapped, true), backing.key);
        }
    }

    /// Whether a mapped chunk in use is a file.
    pub(crate) fn is_in_file(chunk: Chunk, backing: Backing<'_>) -> bool {
        if backing.tunables.file_directory().is_none() {
            return false;
        }
        let user = chunk.user_address();
        let (_, word) = backing.map.entry_at(user);
        FileMapping::is_of_page(word, page_bit(user, backing))
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

    /// Enters the chunk into the unit map, which is prepared; `file` are the bits of the file that it is, or
    /// none. Needs the lock of the entries.
    #[inline(always)]
    fn enter(chunk: Chunk, file: usize, backing: Backing<'_>) {
        let user = chunk.user_address();
        let (_, pages) = backing.map.entry_at(user);
        backing.map.set(user, ClassByte::MAPPED, pages | file | page_bit(user, backing));
    }

    /// Confirms a chunk that was entered as a file. Needs the lock of the entries.
    fn confirm(chunk: Chunk, backing: Backing<'_>) {
        let user = chunk.user_address();
        let (_, word) = backing.map.entry_at(user);
        backing.map.set(user, ClassByte::MAPPED, FileMapping::confirmed(word));
    }

    /// Takes the chunk out of the unit map and marks its tag as free; returns its mapping. `None`: it
    /// is not a mapped chunk in use. Needs the lock of the entries.
    fn leave(chunk: Chunk, backing: Backing<'_>) -> Option<Left> {
        let user = chunk.user_address();
        let (class, pages) = backing.map.entry_at(user);
        let bit = page_bit(user, backing);
        let is_ours = class == ClassByte::MAPPED && pages & bit != 0;
        if !is_ours || !Self::is_in_use(chunk, backing) || !Self::is_whole(chunk, backing) {
            return None;
        }
        let header = chunk.header(backing.key);
        let lead = chunk.prev_size();
        let (start, size) = (chunk.address() - lead, lead + header.size);
        let is_file = FileMapping::is_of_page(pages, bit);
        if is_file && file_at(user, backing) != Some(FileMapping { start, size }) {
            return None;
        }
        chunk.set_header(Header { state: State::Free, ..header }, backing.key);
        let others = if is_file { FileMapping::without(pages) } else { pages };
        Self::set_pages(user, others & !bit, backing);
        Some(Left { start, size, is_file })
    }

    /// Sets the word of a unit of which a chunk was taken out.
    fn set_pages(user: usize, pages: usize, backing: Backing<'_>) {
        let class = if pages == 0 { ClassByte::NONE } else { ClassByte::MAPPED };
        backing.map.set(user, class, pages);
    }

    fn count(&self, bytes: usize) {
        counts::written(Line::Counter, &self.chunks);
        let chunks = self.chunks.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.chunks_max.fetch_max(chunks, Ordering::Relaxed);
        self.bytes_max.fetch_max(bytes, Ordering::Relaxed);
    }

    /// Counts one chunk of so many bytes less.
    pub(super) fn uncount(&self, bytes: usize) {
        counts::written(Line::Counter, &self.chunks);
        self.chunks.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The mapping of a chunk that was taken out.
struct Left {
    start: usize,
    size: usize,
    is_file: bool,
}

impl Left {
    /// Gives the pages of a mapping back that has to stay.
    #[cold]
    fn give_pages_back(&self, backing: Backing<'_>) {
        if self.is_file {
            backing.os.punch(self.start, self.size);
        } else {
            backing.os.discard(self.start, self.size);
        }
    }
}

/// The file that is the mapped chunk whose user data starts in the page of this address; `None` if that is in
/// anonymous memory, or none does.
fn file_at(user: usize, backing: Backing<'_>) -> Option<FileMapping> {
    let (class, word) = backing.map.entry_at(user);
    let page = backing.os.page_size();
    let file = FileMapping::from_word(align_down(user, UNIT), word, page)?;
    let is_its = FileMapping::is_of_page(word, page_bit(user, backing));
    (class == ClassByte::MAPPED && is_its).then_some(file)
}

/// The page in which the user data of a chunk that is this file starts: the first, or the second at its start.
fn page_of_user(file: FileMapping, backing: Backing<'_>) -> Option<usize> {
    let pages = [file.start, file.start + backing.os.page_size()];
    pages.into_iter().find(|&page| file_at(page, backing) == Some(file))
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
