//! What arenas stand on, bundled so that it can be handed down.

use super::chunk::Key;
use super::files::Files;
use super::pages::Pages;
use super::regions::Regions;
use crate::os::System;
use crate::tunables::Tunables;
use crate::unitmap::{Metadata, UnitMap};

/// The layers below the arenas, and the settings.
#[derive(Clone, Copy)]
pub(crate) struct Backing<'h> {
    pub(crate) os: &'h dyn System,
    pub(crate) map: &'h UnitMap,
    pub(crate) metadata: &'h Metadata,
    pub(crate) regions: &'h Regions,
    pub(crate) files: &'h Files,
    pub(crate) tunables: &'h Tunables,
    pub(crate) key: Key,
}

impl<'h> Backing<'h> {
    /// The system as the settings want it.
    pub(super) fn pages(&self) -> Pages<'h> {
        Pages::new(self.os, self.tunables, self.files)
    }
}
