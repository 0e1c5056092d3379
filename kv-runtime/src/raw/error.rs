//! Errors of a store.

/// Why a store failed.
///
/// ```
/// use kv_runtime::raw::RawStore as _;
/// use kv_runtime::{MemoryStore, RawError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// match store.get("motd", Default::default()).await {
///     Err(RawError::RateLimited(error)) => println!("try again later: {error}"),
///     other => assert!(other?.is_none()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RawError {
    /// The store accepts no more requests for now.
    #[error("Workers KV accepts no more requests for now (rate limit)")]
    RateLimited(#[source] Source),
    /// The namespace does not exist.
    #[error("the namespace does not exist")]
    NamespaceNotFound(#[source] Source),
    /// The credentials are refused, or do not allow the request.
    #[error("Cloudflare does not allow this request with these credentials")]
    Unauthorized(#[source] Source),
    /// The Worker does not have the binding.
    #[error("this Worker has no KV namespace bound as `{binding}`")]
    NoBinding {
        /// The binding that the declaration names.
        binding: String,
    },
    /// Cloudflare did not confirm that these keys were written or deleted.
    #[error("Cloudflare did not confirm {} keys, the first is {:?}", .keys.len(), .keys.first())]
    Unconfirmed {
        /// The keys.
        keys: Vec<String>,
    },
    /// The store failed with an error of its own.
    #[error(transparent)]
    Other(Source),
}

/// The cause of a failure.
type Source = Box<dyn std::error::Error + Send + Sync>;

impl RawError {
    /// Creates a [`RawError::Other`] from an error of the store.
    pub fn other(source: impl Into<Source>) -> Self {
        Self::Other(source.into())
    }

    /// Classifies a message of the Workers runtime such as `KV PUT failed: 429 Too Many Requests`.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub(crate) fn from_runtime(message: String) -> Self {
        let status = message.split_once(" failed: ").map(|(_, status)| status);
        let status = status.and_then(|status| status.split(' ').next()?.parse().ok());
        match status {
            Some(429) => Self::RateLimited(message.into()),
            Some(404) => Self::NamespaceNotFound(message.into()),
            Some(401 | 403) => Self::Unauthorized(message.into()),
            _ => Self::Other(message.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_workers_runtime_says_is_typed() {
        let error = |message: &str| RawError::from_runtime(message.to_owned());
        let limited = error("KV PUT failed: 429 Too Many Requests");
        assert!(matches!(limited, RawError::RateLimited(_)));
        let gone = error("KV DELETE failed: 404 Not Found");
        assert!(matches!(gone, RawError::NamespaceNotFound(_)));
        let other = error("KV GET failed: 503 Service Unavailable");
        assert_eq!(other.to_string(), "KV GET failed: 503 Service Unavailable");
    }
}
