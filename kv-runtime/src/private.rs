//! What the code that `kv_namespace!` generates refers to. Nothing here is public API.

use serde::de::DeserializeOwned;

pub use kv_macros::kv_namespace;
pub use kv_rules::{Expiry, Param, Pattern, Segment};
pub use serde;

#[cfg(not(target_arch = "wasm32"))]
pub use crate::cli::deploy_main;
use crate::codec::{self, DecodeError, EncodeError};
pub use crate::family::{Family, TypedParam};

/// The bytes to store for a value.
pub fn encode<T: serde::Serialize + 'static>(value: &T) -> Result<Vec<u8>, EncodeError> {
    codec::encode(value).map(Vec::from)
}

/// The bytes to store for a JSON literal whose entry has the type `T`.
pub fn encode_literal<T>(json: &str) -> Result<Vec<u8>, DecodeError>
where
    T: serde::Serialize + DeserializeOwned + 'static,
{
    codec::encode_literal::<T>(json).map(Vec::from)
}

/// Checks that a file or an environment variable is a stored `T`.
pub fn check<T: DeserializeOwned + 'static>(stored: &[u8]) -> Result<(), DecodeError> {
    codec::decode::<T>(bytes::Bytes::copy_from_slice(stored)).map(drop)
}
