//! The state of a stage: which namespaces this tool created or adopted, and what it wrote.

mod digest;
pub(crate) mod document;
mod file;
pub(crate) mod keys;
#[cfg(feature = "s3")]
mod s3;
mod session;
mod store;

use std::path::Path;
use std::sync::Arc;

#[doc(hidden)]
pub use digest::{Digest, DigestKey};
pub use document::Server;
pub(crate) use document::{Creating, Deployment, Origin, Record, State};
pub use file::FileStateStore;
pub(crate) use keys::{KeyRecord, Keys, SharedKeys};
#[cfg(feature = "s3")]
pub use s3::S3StateStore;
#[doc(hidden)]
pub use session::Session;
pub(crate) use session::Unlocked;
pub use store::{Document, Holder, Lock, ObjectError, StageKey, StateError, StateStore};

/// Opens the store at a URL: `file:PATH`, where a relative path is relative to `root`,
/// `s3://BUCKET/PREFIX` or `r2://BUCKET/PREFIX`.
pub fn open(url: &str, root: &Path) -> Result<Arc<dyn StateStore>, StateError> {
    if url.starts_with("s3:") || url.starts_with("r2:") {
        #[cfg(feature = "s3")]
        return Ok(Arc::new(S3StateStore::open(url)?));
        #[cfg(not(feature = "s3"))]
        return Err(StateError::NotBuilt { url: url.to_owned() });
    }
    match url.strip_prefix("file:") {
        Some(path) if !path.is_empty() => Ok(Arc::new(FileStateStore::new(root.join(path)))),
        _ => Err(StateError::unknown_store(url)),
    }
}
