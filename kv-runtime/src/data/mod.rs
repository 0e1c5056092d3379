//! Works on stored pairs, declared or not: exports them to a file, restores them, and checks them against
//! their types.
//!
//! Everything here streams: only the values of a few requests are in memory, and keys where necessary.

mod about;
mod audit;
mod bulk_file;
mod error;
mod export;
mod keys;
mod migrate;
mod pairs;
mod restore;
mod selection;
mod source;
mod undo;

pub(crate) use about::About;
pub use audit::{Audit, Finding, Misfit};
pub(crate) use audit::{Auditor, Listed};
pub use error::DataError;
pub use export::Export;
pub(crate) use export::{Exporter, new_file, unfinished};
pub(crate) use migrate::Migration;
pub(crate) use pairs::{Place, StoredPair, read_keys};
pub use restore::{PairChange, PairChanges};
pub(crate) use restore::{Restore, Written};
pub(crate) use selection::Selection;
pub use selection::SelectionError;
pub(crate) use source::BulkSource;
pub(crate) use undo::Undo;
