//! Copies of what lies in files, for the child of a fork.
//!
//! Who forks makes them before: a file each, mapped wherever there is room, which the child inherits as
//! everything else. There they are moved to where the originals are, which the child did not get; the
//! parent unmaps them. So nobody has to wait for anybody, and no lock is held across the fork. But signals are
//! held back in the thread until then: a handler would find memory missing in the child, or fork itself.
//!
//! Other threads may go on meanwhile: what they free may be unmapped while it is copied (the kernel, which
//! reads it, says so), and what they map does not lie in files. The child goes by what was entered at the
//! moment of the fork, and takes copies of that alone.

use super::backing::Backing;
use super::files::FileMapping;
use super::mapped::Mapped;
use crate::os::{System, Undisturbed};
use crate::sync::{AtomicI32, AtomicU64, AtomicUsize, Ordering};
use crate::units::{UNIT, align_down, align_up};

/// Forks at a time that get copies.
const FORKS_MAX: usize = 256;
/// Places for mappings that are given up as soon as somebody sees that a fork is on its way.
const SPARE_PLACES: usize = 64;

/// The copies of all forks that are on their way.
pub(crate) struct Copies {
    forks: [Fork; FORKS_MAX],
}

/// A fork on its way.
struct Fork {
    /// The thread that forks; 0 if none does.
    thread: AtomicUsize,
    /// The parts of the thread's [`Undisturbed`].
    signals: AtomicU64,
    cancelling: AtomicI32,
    /// Where the list of copies is, and how long, in bytes; 0 if there is none.
    list: AtomicUsize,
    list_size: AtomicUsize,
}

/// A place of a list, all zeros if it is not used.
struct Place {
    start: AtomicUsize,
    size: AtomicUsize,
    /// Where the copy is mapped; 0 if there is none.
    copy: AtomicUsize,
}

/// What a child did not get.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Lost {
    /// Bytes of mapped chunks, which are not the heap's any more.
    pub(crate) chunk_bytes: usize,
    /// Bytes of regions: the heap cannot go on.
    pub(crate) region_bytes: usize,
}

impl Copies {
    /// None.
    pub(crate) const fn new() -> Self {
        Self { forks: [const { Fork::new() }; FORKS_MAX] }
    }

    /// Before a fork of `thread`, a number other than 0: copies what its child will need.
    pub(crate) fn make(&self, thread: usize, backing: Backing<'_>) {
        let undisturbed = Undisturbed::new();
        backing.files.begin_fork();
        let claim = |fork: &&Fork| {
            // Acquire: pairs with the Release in `release`.
            fork.thread.compare_exchange(0, thread, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let Some(fork) = self.forks.iter().find(claim) else { return };
        fork.hold(undisturbed);
        let count = files_to_copy(backing).count() + SPARE_PLACES;
        let size = align_up(count * size_of::<Place>(), backing.os.page_size());
        let Some(list) = backing.os.map(size) else { return };
        fork.list_size.store(size, Ordering::Relaxed);
        fork.list.store(list, Ordering::Relaxed);
        for (place, file) in fork.places().iter().zip(files_to_copy(backing)) {
            place.fill(file, backing);
        }
    }

    /// In the parent: drops the copies.
    pub(crate) fn drop_in_parent(&self, thread: usize, backing: Backing<'_>) {
        backing.files.end_fork();
        if let Some(fork) = self.of(thread) {
            let _undisturbed = fork.held();
            fork.release(backing.os);
        }
    }

    /// In the child: puts the copies where their originals are in the parent, and says what is missing.
    /// `mapped` forgets chunks of which there is none.
    pub(crate) fn take_in_child(
        &self,
        thread: usize,
        mapped: &Mapped,
        backing: Backing<'_>,
    ) -> Lost {
        backing.files.reset_in_child();
        let own = self.of(thread);
        let _undisturbed = own.map(Fork::held);
        let places = own.map_or(&[] as &[Place], Fork::places);
        let mut lost = Lost::default();
        let mut next = 0;
        let mut take = |file: FileMapping| {
            // Mostly the next one: both come in the order of the walk.
            let is_it = |place: &Place| place.start.load(Ordering::Relaxed) == file.start;
            let rest = places.get(next..).unwrap_or(&[]);
            let found = rest.iter().position(is_it).map(|at| at + next);
            let found = found.or_else(|| places.iter().position(is_it));
            next = found.map_or(next, |at| at + 1);
            let place = found.and_then(|at| places.get(at));
            place.is_some_and(|place| place.move_home(file, backing.os))
        };
        backing.regions.drop_tentative();
        for region in backing.regions.in_files() {
            if !take(region) {
                lost.region_bytes += region.size;
            }
        }
        for (chunk, word) in chunks_in_files(0, backing) {
            if FileMapping::is_tentative(word) {
                Mapped::forget(chunk, backing);
            } else if take(chunk) {
                Mapped::note_copied(chunk, backing);
            } else {
                lost.chunk_bytes += chunk.size;
                Mapped::forget(chunk, backing);
                mapped.uncount(chunk.size);
            }
        }
        // Those of other threads are not the child's.
        self.forks.iter().for_each(|fork| fork.release(backing.os));
        lost
    }

    /// The fork of this thread.
    fn of(&self, thread: usize) -> Option<&Fork> {
        self.forks.iter().find(|fork| fork.thread.load(Ordering::Relaxed) == thread)
    }
}

impl Fork {
    const fn new() -> Self {
        Self {
            thread: AtomicUsize::new(0),
            signals: AtomicU64::new(0),
            cancelling: AtomicI32::new(0),
            list: AtomicUsize::new(0),
            list_size: AtomicUsize::new(0),
        }
    }

    /// Keeps the thread undisturbed.
    fn hold(&self, undisturbed: Undisturbed) {
        let (signals, cancelling) = undisturbed.into_parts();
        self.signals.store(signals, Ordering::Relaxed);
        self.cancelling.store(cancelling, Ordering::Relaxed);
    }

    /// For the last time.
    fn held(&self) -> Undisturbed {
        let signals = self.signals.load(Ordering::Relaxed);
        Undisturbed::from_parts((signals, self.cancelling.load(Ordering::Relaxed)))
    }

    fn places(&self) -> &[Place] {
        match self.list.load(Ordering::Relaxed) {
            0 => &[],
            list => places_at(list, self.list_size.load(Ordering::Relaxed) / size_of::<Place>()),
        }
    }

    /// Unmaps the copies that are left and the list.
    fn release(&self, os: &dyn System) {
        if self.thread.load(Ordering::Relaxed) == 0 {
            return;
        }
        for place in self.places() {
            // Forgotten first: the child of another thread, which drops it as well, must not unmap what is there next.
            let copy = place.copy.swap(0, Ordering::Relaxed);
            if copy != 0 {
                os.drop_copy(copy, place.size.load(Ordering::Relaxed));
            }
        }
        let list = self.list.swap(0, Ordering::Relaxed);
        if list != 0 {
            os.unmap(list, self.list_size.load(Ordering::Relaxed));
        }
        // Release: pairs with the Acquire in `make`.
        self.thread.store(0, Ordering::Release);
    }
}

impl Place {
    /// Copies a file, as much as there is of it: another thread may be cutting its end off, or all.
    fn fill(&self, mut file: FileMapping, backing: Backing<'_>) {
        let Some(directory) = backing.tunables.file_directory() else { return };
        loop {
            let copy = backing.os.copy_to_file(directory, file.start, file.size);
            let now = || chunks_in_files(file.start, backing).next().map(|(now, _)| now);
            let is_shorter = |now: &FileMapping| now.start == file.start && now.size < file.size;
            if copy.is_none()
                && let Some(shorter) = now().filter(is_shorter)
            {
                file = shorter;
                continue;
            }
            self.start.store(file.start, Ordering::Relaxed);
            self.size.store(file.size, Ordering::Relaxed);
            self.copy.store(copy.unwrap_or(0), Ordering::Relaxed);
            return;
        }
    }

    /// Moves the copy to where the original, of which less may be left, is in the parent.
    fn move_home(&self, file: FileMapping, os: &dyn System) -> bool {
        let (copy, size) = (self.copy.load(Ordering::Relaxed), self.size.load(Ordering::Relaxed));
        if copy == 0 || file.size > size {
            return false;
        }
        self.copy.store(0, Ordering::Relaxed);
        if size > file.size {
            os.drop_copy(copy + file.size, size - file.size);
        }
        os.move_mapping(copy, file.size, file.start) && os.withhold(file.start, file.size)
    }
}

/// What a child needs copies of.
fn files_to_copy(backing: Backing<'_>) -> impl Iterator<Item = FileMapping> {
    let chunks = chunks_in_files(0, backing).take_while(move |_| backing.tunables.copies_files());
    backing.regions.in_files().chain(chunks.map(|(chunk, _)| chunk))
}

/// The mapped chunks that lie in files from `start` on, where one of them may begin, lowest first, with the word
/// that says so.
fn chunks_in_files(
    start: usize,
    backing: Backing<'_>,
) -> impl Iterator<Item = (FileMapping, usize)> {
    let page = backing.os.page_size();
    // Its user data starts there or in the next page.
    let mut next = align_down(start, UNIT);
    core::iter::from_fn(move || {
        loop {
            let (unit, word) = backing.map.next_mapped(next)?;
            next = unit + UNIT;
            let file = FileMapping::from_word(unit, word, page);
            if let Some(file) = file.filter(|file| file.start >= start) {
                return Some((file, word));
            }
        }
    })
}

mod raw {
    //! From a mapping to a list.
    #![expect(unsafe_code, reason = "zeroed memory becomes a list")]

    use core::ptr::with_exposed_provenance;

    use super::Place;

    /// The list in a mapping that has room for so many places, as long as that stays.
    pub(super) fn places_at<'l>(list: usize, places: usize) -> &'l [Place] {
        // SAFETY: a page boundary, zeroed when it was mapped, which is a valid list; only the thread that
        // forks uses it, and not after `Fork::release`. In a child that thread is the only one.
        unsafe { core::slice::from_raw_parts(with_exposed_provenance(list), places) }
    }
}

use raw::places_at;
