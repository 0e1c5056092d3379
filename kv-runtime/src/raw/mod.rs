//! Stores without types: what each of them implements, and what it is handed and hands over.

mod clock;
mod cursors;
mod error;
mod store;

pub(crate) use clock::now;
pub use cursors::CircularListing;
pub(crate) use cursors::Cursors;
pub use error::RawError;
pub use store::{
    ByteStream, GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawPair, RawStore,
    StoredValue,
};
