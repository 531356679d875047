//! The regions of one arena, newest first.
#![expect(unsafe_code, reason = "nodes are linked by pointers")]

use core::ptr::NonNull;

use super::regions::Region;
use crate::os::System;
use crate::unitmap::{Metadata, Pool};

/// A singly linked list whose nodes are metadata. Guarded by: the arena's lock.
///
/// # Invariant
/// Nodes are blocks of metadata of `size_of::<Node>()` bytes that this list alone uses.
pub(crate) struct RegionList {
    first: Option<NonNull<Node>>,
    spare: Pool,
}

struct Node {
    region: Region,
    next: Option<NonNull<Node>>,
}

// SAFETY: by the invariant the nodes belong to the list alone.
unsafe impl Send for RegionList {}

impl RegionList {
    /// No regions.
    #[cfg(test)]
    pub(crate) const fn new() -> Self {
        Self { first: None, spare: Pool::new() }
    }

    /// The newest region.
    pub(crate) fn newest(&self) -> Option<Region> {
        self.iter().next()
    }

    /// All regions, newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Region> {
        let mut next = self.first;
        core::iter::from_fn(move || {
            // SAFETY: by the invariant.
            let node = unsafe { next?.as_ref() };
            next = node.next;
            Some(node.region)
        })
    }

    /// Puts a region in front; `None` without memory for its node.
    pub(crate) fn push(
        &mut self,
        region: Region,
        metadata: &Metadata,
        os: &dyn System,
    ) -> Option<()> {
        let block = match self.spare.take() {
            Some(block) => block,
            None => metadata.allocate(size_of::<Node>(), align_of::<Node>(), os)?,
        };
        let node: NonNull<Node> = block.cast();
        // SAFETY: a block of a node's size and alignment that nobody else uses.
        unsafe { node.write(Node { region, next: self.first }) };
        self.first = Some(node);
        Some(())
    }

    /// Puts a region that was just removed at the end; its node is spare, so memory cannot run out.
    pub(crate) fn push_oldest(&mut self, region: Region) {
        let Some(block) = self.spare.take() else {
            debug_assert!(false, "no spare node");
            return;
        };
        let node: NonNull<Node> = block.cast();
        // SAFETY: a block of a node's size and alignment that nobody else uses.
        unsafe { node.write(Node { region, next: None }) };
        let Some(mut last) = self.first else {
            self.first = Some(node);
            return;
        };
        // SAFETY: by the invariant, for each node of the list in turn.
        while let Some(next) = unsafe { last.as_ref() }.next {
            last = next;
        }
        // SAFETY: by the invariant, and `&mut self` excludes other references.
        unsafe { last.as_mut() }.next = Some(node);
    }

    /// Changes the end of the newest region.
    pub(crate) fn set_newest_end(&mut self, end: usize) {
        if let Some(mut node) = self.first {
            // SAFETY: by the invariant, and `&mut self` excludes other references.
            unsafe { node.as_mut() }.region.end = end;
        }
    }

    /// Takes out the region that starts at this address.
    pub(crate) fn remove(&mut self, start: usize) -> Option<Region> {
        let mut link: *mut Option<NonNull<Node>> = &raw mut self.first;
        loop {
            // SAFETY: `link` points at `first` or at the `next` of a node, and `&mut self` excludes
            // other access.
            let node = unsafe { *link }?;
            // SAFETY: by the invariant.
            let Node { region, next } = unsafe { node.read() };
            if region.start == start {
                // SAFETY: as for the read of `link`.
                unsafe { *link = next };
                // SAFETY: the node came from metadata for this list, and is in it no more.
                unsafe { self.spare.put(node.cast()) };
                return Some(region);
            }
            // SAFETY: by the invariant the node is valid.
            link = unsafe { &raw mut (*node.as_ptr()).next };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::regions::Source;
    use crate::os::testing::TestSystem;

    #[test]
    fn regions_come_and_go_in_any_order() {
        let (metadata, os) = (Metadata::new(), TestSystem::leaked());
        let mut list = RegionList::new();
        let region = |start| Region { start, end: start + 1, source: Source::Break };
        for start in [10, 20, 30] {
            list.push(region(start), &metadata, os).unwrap();
        }
        list.set_newest_end(40);
        assert_eq!(list.newest().map(|r| (r.start, r.end)), Some((30, 40)));
        assert_eq!(list.remove(20), Some(region(20)));
        assert_eq!(list.remove(20), None);
        assert_eq!(list.iter().map(|r| r.start).collect::<Vec<_>>(), [30, 10]);
        list.remove(30);
        list.remove(10);
        assert_eq!(list.newest(), None);
        list.push(region(50), &metadata, os).unwrap();
        assert_eq!(list.iter().count(), 1);
    }
}
