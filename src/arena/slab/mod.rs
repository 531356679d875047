//! Slabs: one unit each, full of objects of one small class, described out of band.

mod blocks;
mod descriptor;
mod list;
mod pages;
mod remote;

pub(crate) use blocks::Blocks;
pub(crate) use descriptor::{FreeError, Shape, Slab};
pub(crate) use list::SlabList;
pub(crate) use remote::RemoteStack;
