//! Work on the pairs that are stored, declared or not: to write them to a file, to put them back, to
//! hold them against their types.
//!
//! Everything here streams: it holds keys where it has to, and the values of a few requests.

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
