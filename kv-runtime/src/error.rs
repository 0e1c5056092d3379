//! What can go wrong when a value is read or written.

use std::fmt;

use kv_rules::{ExpiryError, KeyError, MetadataError, ValueError};

use crate::codec::{DecodeError, EncodeError};
use crate::family::FamilyError;

/// Why a value could not be read, written, deleted or listed.
///
/// Rules of Workers KV are checked before anything is sent, so that every store gives the same
/// error. [`help`](Error::help) says what to do next where the message does not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Workers KV takes no such key.
    #[error(transparent)]
    InvalidKey(#[from] KeyError),
    /// The parameters make no key of the family.
    #[error(transparent)]
    InvalidParam(#[from] FamilyError),
    /// The expiry of a put, or the cache TTL of a get, is refused.
    #[error("the {} for `{}` is refused", match source {
        ExpiryError::CacheTtlTooShort(_) => "cache TTL",
        _ => "expiry",
    }, .key.escape_debug())]
    Expiry {
        /// The key.
        key: String,
        /// The rule that it breaks.
        source: ExpiryError,
    },
    /// The value is larger than Workers KV takes.
    #[error("the value of `{}` cannot be put", .key.escape_debug())]
    ValueTooLarge {
        /// The key.
        key: String,
        /// The rule that it breaks.
        source: ValueError,
    },
    /// The metadata is larger than Workers KV takes.
    #[error("the metadata of `{}` cannot be put", .key.escape_debug())]
    MetadataTooLarge {
        /// The key.
        key: String,
        /// The rule that it breaks.
        source: MetadataError,
    },
    /// The value or metadata has no stored form.
    #[error("the {part} of `{}` cannot be written", .key.escape_debug())]
    Encode {
        /// The key.
        key: String,
        /// Which of the two.
        part: Part,
        /// Why not.
        source: EncodeError,
    },
    /// What is stored is not of the Rust type.
    #[error("the {part} of `{}` cannot be read", .key.escape_debug())]
    Decode {
        /// The key.
        key: String,
        /// Which of the two.
        part: Part,
        /// Why not.
        source: DecodeError,
    },
    /// Cloudflare takes no more requests for now.
    #[error("Workers KV takes no more requests for now (rate limit)")]
    RateLimited(#[source] Source),
    /// The namespace does not exist.
    #[error("there is no such namespace")]
    NamespaceNotFound(#[source] Source),
    /// The credentials are not taken, or do not allow it.
    #[error("Cloudflare does not allow it with these credentials")]
    Unauthorized(#[source] Source),
    /// The Worker has no such binding.
    #[error("this Worker has no KV namespace bound as `{binding}`")]
    NoBinding {
        /// The binding that the declaration names.
        binding: String,
    },
    /// The store failed in a way of its own.
    #[error(transparent)]
    Store(Source),
}

/// What a store says of its failure.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// What a pair holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its value.
    Value,
    /// Its metadata.
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

impl Error {
    /// What to do next, when the message does not say so itself.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(help) = self.api().and_then(crate::api::ApiError::help) {
            return Some(help);
        }
        let help = match self {
            Self::RateLimited(_) => {
                "wait, then try again: Workers KV takes one write a second to one key, and the API \
                 1,200 requests in 5 minutes"
            }
            Self::NamespaceNotFound(_) => {
                "deploy it first; one that was just created can take some seconds to be found"
            }
            Self::Unauthorized(_) => "an API token needs the permission `Workers KV Storage: Edit`",
            Self::NoBinding { .. } => {
                "add the binding to the Worker's wrangler configuration; `deploy --wrangler` \
                 writes it"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn api(&self) -> Option<&crate::api::ApiError> {
        match self {
            Self::RateLimited(source)
            | Self::NamespaceNotFound(source)
            | Self::Unauthorized(source)
            | Self::Store(source) => source.downcast_ref(),
            _ => None,
        }
    }

    /// What the Workers runtime means by a message such as `KV PUT failed: 429 Too Many Requests`.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub(crate) fn from_runtime(message: String) -> Self {
        let status = message.split_once(" failed: ").map(|(_, status)| status);
        let status = status.and_then(|status| status.split(' ').next()?.parse().ok());
        match status {
            Some(429) => Self::RateLimited(message.into()),
            Some(404) => Self::NamespaceNotFound(message.into()),
            Some(401 | 403) => Self::Unauthorized(message.into()),
            _ => Self::Store(message.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_workers_runtime_says_is_typed() {
        let error = |message: &str| Error::from_runtime(message.to_owned());
        let limited = error("KV PUT failed: 429 Too Many Requests");
        assert!(matches!(limited, Error::RateLimited(_)));
        assert!(limited.help().unwrap().contains("one write a second"));
        let gone = error("KV DELETE failed: 404 Not Found");
        assert!(matches!(gone, Error::NamespaceNotFound(_)));
        let other = error("KV GET failed: 503 Service Unavailable");
        assert_eq!(other.to_string(), "KV GET failed: 503 Service Unavailable");
    }
}
