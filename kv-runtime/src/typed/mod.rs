//! Typed keys over a store without types.

pub(crate) mod codec;
pub mod declaration;
pub(crate) mod entry;
mod error;
pub(crate) mod family;
mod key;
mod list;
mod namespace;
mod store;

pub use codec::{DecodeError, EncodeError};
pub(crate) use declaration::Declaration;
pub use entry::{Delete, Entry, Get, GetWithMetadata, Put};
pub use error::{Error, Part};
pub use family::FamilyError;
pub use key::Key;
pub use list::{FamilyList, List};
pub use namespace::Namespace;
pub use store::Store;
