//! The store that wrangler and miniflare use, and a registry of namespaces next to it.
//!
//! The root, which wrangler calls the persist folder, contains:
//!
//! | path | contents |
//! |---|---|
//! | `v3/kv/NAMESPACE_ID/blobs/BLOB_ID` | a value |
//! | `v3/kv/miniflare-KVNamespaceObject/OBJECT_ID.sqlite` | a namespace's keys, and which blob each has |
//! | `kv-local/namespaces.sqlite` | titles and ids, which wrangler's files do not have |
//! | `kv-local/journals` | what writes in progress may leave behind |
//!
//! A blob is written before the row that refers to it, and removed after the row is deleted. A process
//! that dies at any point therefore leaves a consistent store and, at worst, unused blobs, which the next
//! process removes. As in wrangler, nothing is synced to disk: if the machine loses power, the last
//! writes can be lost.

mod batch;
mod blobs;
mod database;
mod error;
mod journal;
mod layout;
mod pair;
mod pairs;
mod private;
mod registry;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use database::Databases;
use journal::Journals;
use layout::Layout;
use registry::Registry;

#[cfg(feature = "server")]
pub(crate) use layout::hex;

pub use batch::Batch;
pub use error::{PairError, StorageError};
pub use pair::{Pair, Stored};
pub use pairs::{ListedKey, Page, Pairs};
pub use registry::Namespace;

/// The namespaces in one persist folder.
///
/// Clones share their connections. Every method blocks, so do not call it from async code.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use kv_local::{Pair, Storage};
///
/// let storage = Storage::open(folder.path())?;
/// let sessions = storage.pairs(&storage.create("sessions")?.id)?;
/// sessions.put_many([Pair::new("greeting", "hello".as_bytes())])?;
/// assert_eq!(sessions.get("greeting")?.unwrap().value, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Storage {
    root: PathBuf,
    registry: Arc<Registry>,
    databases: Arc<Databases>,
    journals: Journals,
}

impl Storage {
    /// Opens the store in `root`, usually `.wrangler/state`. Creates what is missing, and removes what a
    /// process that died left behind.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, StorageError> {
        let root = std::path::absolute(root.as_ref())
            .map_err(|source| StorageError::io("find", root.as_ref(), source))?;
        let registry = Arc::new(Registry::open(&root.join("kv-local/namespaces.sqlite"))?);
        let journals = Journals::new(&root);
        let storage = Self { root, registry, databases: Arc::default(), journals };
        storage.journals.recover(&storage)?;
        Ok(storage)
    }

    /// The folder that the store is in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Registers a new namespace, whose title must be unique.
    pub fn create(&self, title: &str) -> Result<Namespace, StorageError> {
        self.registry.create(title)
    }

    /// Every registered namespace, oldest first.
    pub fn list(&self) -> Result<Vec<Namespace>, StorageError> {
        self.registry.list()
    }

    /// The registered namespace with this id.
    pub fn get(&self, id: &str) -> Result<Option<Namespace>, StorageError> {
        self.registry.get(id)
    }

    /// Changes the title of a namespace; its id and pairs stay the same.
    pub fn rename(&self, id: &str, title: &str) -> Result<Namespace, StorageError> {
        self.registry.rename(id, title)
    }

    /// Deletes a registered namespace with all its pairs.
    ///
    /// The registry entry is removed last, so that an interrupted delete can be repeated.
    pub fn delete(&self, id: &str) -> Result<(), StorageError> {
        if self.registry.get(id)?.is_none() {
            return Err(StorageError::UnknownNamespace(id.to_owned()));
        }
        self.pairs(id)?.destroy()?;
        self.registry.forget(id)
    }

    /// The pairs of a namespace, whether it is registered here or not: wrangler uses any id that a Worker's
    /// configuration names.
    ///
    /// Creates no files until a pair is written.
    pub fn pairs(&self, id: &str) -> Result<Pairs, StorageError> {
        let layout = Layout::new(&self.root, id)?;
        Ok(Pairs::new(id, layout, Arc::clone(&self.databases), self.journals.clone()))
    }
}
