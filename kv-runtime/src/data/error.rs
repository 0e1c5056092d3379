//! Errors of working on stored pairs.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::{Interrupt, Interrupted};
use crate::raw::RawError;

/// Why pairs could not be exported, restored, audited or migrated. Run the same command again to continue.
///
/// ```no_run
/// use kv_runtime::{DataError, DeployError};
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// match Notes::connect().export_to("notes.json").await {
///     Err(DeployError::Data(DataError::Exists(path))) => println!("{} is there", path.display()),
///     other => println!("{} pairs", other?.pairs),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file is not valid; nothing was changed.
    #[error("{}", .0.join("\n"))]
    File(Vec<String>),
    /// A file does not match the description next to it; nothing was changed.
    #[error("{} does not match its description {}: {what}", path.display(), about.display())]
    Unlike {
        /// The file.
        path: PathBuf,
        /// The description.
        about: PathBuf,
        /// In what they differ.
        what: &'static str,
    },
    /// A file changed while it was restored.
    #[error("{} changed while it was restored", .0.display())]
    Changed(PathBuf),
    /// The file already exists.
    #[error("{} already exists", .0.display())]
    Exists(PathBuf),
    /// An unfinished file belongs to another export.
    #[error("{} is an unfinished file of another export: {what}", path.display())]
    OtherExport {
        /// The unfinished file.
        path: PathBuf,
        /// In what they differ.
        what: &'static str,
    },
    /// A file cannot be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The attempted action.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The writer of an export failed.
    #[error("cannot write the export")]
    Write(#[source] io::Error),
    /// The namespace could not be read or written.
    #[error("cannot {action}")]
    Store {
        /// What was tried.
        action: &'static str,
        /// The store's error.
        source: RawError,
    },
    /// No key was selected.
    #[error("no key of the namespace matches {}", .0.join(" or "))]
    NothingSelected(Vec<String>),
    /// The run was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl DataError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Converts a store's error; after a stop was requested, the error is `Interrupted`.
    pub(super) fn store(action: &'static str, interrupt: &Interrupt) -> impl Fn(RawError) -> Self {
        move |source| {
            if interrupt.is_set() { Self::Interrupted } else { Self::Store { action, source } }
        }
    }
}

impl From<Interrupted> for DataError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}
