//! Errors of reading and writing values.

use std::fmt;

use kv_rules::{ExpiryError, KeyError, MetadataError, ValueError, shown};

use super::codec::{DecodeError, EncodeError};
use super::family::FamilyError;
use crate::raw::RawError;

/// Why a value could not be read, written, deleted or listed.
///
/// The rules of Workers KV are checked before anything is sent, so that every store returns the same
/// error. [`help`](Error::help) says what to do next if the message does not.
///
/// ```
/// use kv_runtime::Error;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// let error = notes.note("ada", 1).put("tea").expiration_ttl(1).await.unwrap_err();
/// assert!(matches!(error, Error::Expiry { .. }));
/// assert_eq!(error.to_string(), "the expiry for `note:ada/1` is refused");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Workers KV does not accept the key.
    #[error(transparent)]
    InvalidKey(#[from] KeyError),
    /// The parameters do not make a key of the family.
    #[error(transparent)]
    InvalidParam(#[from] FamilyError),
    /// The expiration of a put, or the cache TTL of a get, is not valid.
    #[error("the {} for `{}` is refused", match source {
        ExpiryError::CacheTtlTooShort(_) => "cache TTL",
        _ => "expiry",
    }, shown(.key))]
    Expiry {
        /// The key.
        key: String,
        /// The rule that it breaks.
        source: ExpiryError,
    },
    /// The value is larger than Workers KV allows.
    #[error("the value of `{}` cannot be put", shown(.key))]
    ValueTooLarge {
        /// The key.
        key: String,
        /// The rule that it breaks.
        source: ValueError,
    },
    /// The metadata is larger than Workers KV allows.
    #[error("the metadata of `{}` cannot be put", shown(.key))]
    MetadataTooLarge {
        /// The key.
        key: String,
        /// The rule that it breaks.
        source: MetadataError,
    },
    /// The value or metadata cannot be encoded.
    #[error("the {part} of `{}` cannot be written", shown(.key))]
    Encode {
        /// The key.
        key: String,
        /// Which of the two.
        part: Part,
        /// Why not.
        source: EncodeError,
    },
    /// The stored value or metadata does not have the Rust type.
    #[error("the {part} of `{}` cannot be read", shown(.key))]
    Decode {
        /// The key.
        key: String,
        /// Which of the two.
        part: Part,
        /// Why not.
        source: DecodeError,
    },
    /// A cursor does not belong to this listing.
    #[error("the cursor does not belong to this listing: start without a cursor")]
    InvalidCursor,
    /// The store failed, or the stream that was put failed.
    #[error(transparent)]
    Store(#[from] RawError),
}

impl Error {
    /// The key that the error is about, if it is about one.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let error = notes.note("ada", 1).put("tea").expiration_ttl(1).await.unwrap_err();
    /// assert_eq!(error.key(), Some("note:ada/1"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Expiry { key, .. }
            | Self::ValueTooLarge { key, .. }
            | Self::MetadataTooLarge { key, .. }
            | Self::Encode { key, .. }
            | Self::Decode { key, .. }
            | Self::InvalidParam(FamilyError::Shadowed { key, .. }) => Some(key),
            _ => None,
        }
    }
}

/// A part of a pair.
///
/// ```
/// assert_eq!(kv_runtime::Part::Metadata.to_string(), "metadata");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The value.
    Value,
    /// The metadata.
    Metadata,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::Metadata => "metadata",
        })
    }
}
