//! What a fork does about memory that lies in files.

use super::heap::Heap;
use crate::arena::Lost;
use crate::os::System;

impl<S: System> Heap<S> {
    /// Before a fork of `thread`, any number of its own: makes the copies for the child. Takes no lock.
    pub(crate) fn prepare_fork(&self, thread: usize) {
        if self.tunables.file_directory().is_some() {
            self.copies.make(thread, self.backing());
        }
    }

    /// In the parent, also of a fork that failed.
    pub(crate) fn end_fork_in_parent(&self, thread: usize) {
        if self.tunables.file_directory().is_some() {
            self.copies.drop_in_parent(thread, self.backing());
        }
    }

    /// In the child, before anything touches the heap: takes the copies, and says what is missing.
    pub(crate) fn take_files_in_child(&self, thread: usize) -> Lost {
        if self.tunables.file_directory().is_none() {
            return Lost::default();
        }
        self.copies.take_in_child(thread, &self.mapped, self.backing())
    }
}
