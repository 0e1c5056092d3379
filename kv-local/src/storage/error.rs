//! Errors of the store.

use std::path::{Path, PathBuf};

use kv_rules::{ExpiryError, KeyError, MAX_NAMESPACES, MetadataError, TitleError, ValueError};

/// Why an operation of the store failed.
///
/// ```
/// use kv_local::{Storage, StorageError};
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// storage.create("notes")?;
/// assert!(matches!(storage.create("notes"), Err(StorageError::TitleTaken { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The id cannot be the name of a folder.
    #[error(
        "`{}` is not a valid namespace id, because the id is a folder name: use letters, digits, `_` and `-`",
        .0.escape_default()
    )]
    NotANamespaceId(String),
    /// No registered namespace has the id.
    #[error("there is no namespace with the id `{}`", .0.escape_default())]
    UnknownNamespace(String),
    /// Another namespace has the title.
    #[error(
        "the title `{}` belongs to the namespace {id}: choose another title or use that namespace",
        title.escape_default()
    )]
    TitleTaken {
        /// The title.
        title: String,
        /// The id of the namespace that has it.
        id: String,
    },
    /// The registry already has [`MAX_NAMESPACES`] namespaces.
    #[error(
        "there are already {MAX_NAMESPACES} namespaces, the most that an account can have: delete one first"
    )]
    TooManyNamespaces,
    /// The title breaks a rule.
    #[error(transparent)]
    Title(#[from] TitleError),
    /// A pair breaks a rule.
    #[error("the key `{}` cannot be written", key.escape_default())]
    Pair {
        /// Its key.
        key: String,
        /// The rule.
        source: PairError,
    },
    /// A file could not be used.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A database could not be used.
    #[error("could not use the database {}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// The error from `SQLite`.
        source: rusqlite::Error,
    },
}

impl StorageError {
    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// Which rule of Workers KV a pair breaks.
///
/// ```
/// use kv_local::{Pair, PairError, Storage, StorageError};
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// let notes = storage.pairs(&storage.create("notes")?.id)?;
/// let error = notes.put_many([Pair::new("", "no key".as_bytes())]).unwrap_err();
/// assert!(matches!(error, StorageError::Pair { source: PairError::Key(_), .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// Its key breaks a rule.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its value breaks a rule.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Its metadata breaks a rule.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Its metadata is not JSON.
    #[error("the metadata is not JSON")]
    MetadataNotJson(#[source] serde_json::Error),
    /// Its expiration breaks a rule.
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
}
