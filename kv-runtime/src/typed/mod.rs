//! Typed keys over a store without types.

mod access;
pub(crate) mod codec;
pub mod declaration;
pub(crate) mod entry;
mod error;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
mod families;
pub(crate) mod family;
mod get;
mod key;
mod list;
mod namespace;
pub(crate) mod outline;
mod place;
mod put;
mod put_as;
mod request;
mod seconds;
mod store;

pub use access::{CanRead, CanWrite, ReadOnly, ReadWrite, WriteOnly};
pub use codec::{DecodeError, EncodeError};
pub(crate) use declaration::Declaration;
pub use entry::Entry;
pub use error::{Error, Part};
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub(crate) use families::Families;
pub use family::{FamilyError, Leading, LeadingParam};
pub use get::{Get, GetWithMetadata, ValueStream};
pub use key::Key;
pub use list::{FamilyList, List, Page};
pub use namespace::Namespace;
pub use put::{Pieces, Put, Whole};
pub use put_as::{MetadataAs, PutAs};
pub use request::Request;
pub use seconds::Seconds;
pub use store::Store;
