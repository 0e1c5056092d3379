//! What this tool remembers of a stage: which namespaces it made or adopted and what it wrote.

mod digest;
mod document;
mod file;
mod object;
mod session;
mod store;

use std::path::Path;
use std::sync::Arc;

pub use digest::{Digest, DigestKey, DigestOfMany};
pub use document::{Creating, Deployment, KeyRecord, Origin, Record, State};
pub use file::FileStore;
pub use object::ObjectStore;
pub use session::Session;
pub use store::{Holder, Lock, ObjectError, StageKey, StateError, StateStore};

/// The store that a URL names: `file:PATH`, where a relative path begins at `root`, or
/// `s3://BUCKET/PREFIX`.
pub fn open(url: &str, root: &Path) -> Result<Arc<dyn StateStore>, StateError> {
    if url.starts_with("s3:") {
        return Ok(Arc::new(ObjectStore::s3(url)?));
    }
    match url.strip_prefix("file:") {
        Some(path) if !path.is_empty() => Ok(Arc::new(FileStore::new(root.join(path)))),
        _ => Err(StateError::UnknownStore(url.to_owned())),
    }
}
