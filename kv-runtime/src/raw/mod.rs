//! Untyped stores: the trait that each store implements, and the types of its arguments and results.

#[cfg(target_arch = "wasm32")]
mod binding;
mod byte_stream;
mod clock;
mod cursors;
mod error;
#[cfg(any(test, target_arch = "wasm32"))]
mod exact;
mod shared;
mod store;

#[cfg(target_arch = "wasm32")]
pub(crate) use binding::Binding;
pub use byte_stream::{ByteStream, IntoByteStream};
pub(crate) use clock::now;
pub use cursors::CircularListing;
pub(crate) use cursors::Cursors;
pub use error::RawError;
pub(crate) use shared::SharedStore;
pub use store::{
    GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawPair, RawStore, StoredValue,
};
