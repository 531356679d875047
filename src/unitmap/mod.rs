//! The unit map: what is at this address? And the memory that metadata lives in.

mod map;
mod metadata;

pub(crate) use map::UnitMap;
pub(crate) use metadata::{Metadata, Pool};
