//! Stores without types: what each of them implements, and what it is handed and hands over.

#[cfg(target_arch = "wasm32")]
mod binding;
mod clock;
mod cursors;
mod error;
#[cfg(any(test, target_arch = "wasm32"))]
mod exact;
mod shared;
mod store;

#[cfg(target_arch = "wasm32")]
pub(crate) use binding::Binding;
pub(crate) use clock::now;
pub use cursors::CircularListing;
pub(crate) use cursors::Cursors;
pub use error::RawError;
pub(crate) use shared::SharedStore;
pub use store::{
    ByteStream, GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawPair, RawStore,
    StoredValue,
};
