//! What can go wrong with the store.

use std::path::{Path, PathBuf};

use kv_rules::{ExpiryError, KeyError, MAX_NAMESPACES, MetadataError, TitleError, ValueError};

/// Why the store refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The id cannot be the name of a folder.
    #[error(
        "`{}` cannot be a namespace's id, which names a folder: use letters, digits, `_` and `-`",
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
        /// Which namespace has it.
        id: String,
    },
    /// The registry holds [`MAX_NAMESPACES`].
    #[error(
        "there are {MAX_NAMESPACES} namespaces already, the most that an account can have: delete one first"
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
        /// What the system said.
        source: std::io::Error,
    },
    /// A database could not be used.
    #[error("could not use the database {}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What `SQLite` said.
        source: rusqlite::Error,
    },
}

impl StorageError {
    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// Which rule of Workers KV a pair breaks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// About its key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// About its value.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// About its metadata.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Its metadata is not JSON.
    #[error("this metadata is not JSON")]
    MetadataNotJson(#[source] serde_json::Error),
    /// About when it expires.
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
}
