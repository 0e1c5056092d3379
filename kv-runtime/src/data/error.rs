//! Why work on stored pairs cannot go on.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::{Interrupt, Interrupted};
use crate::raw::RawError;

/// Why pairs could not be exported, restored, audited or migrated. Running the same again goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file is not what it should be; nothing was changed.
    #[error("{}", .0.join("\n"))]
    File(Vec<String>),
    /// A file is not as the description beside it says; nothing was changed.
    #[error("{} is not as {} describes it: {what}", path.display(), about.display())]
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
    /// There is a file already.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// What an export left unfinished is of something else.
    #[error("{} is the beginning of another export: {what}", path.display())]
    OtherExport {
        /// The unfinished file.
        path: PathBuf,
        /// In what they differ.
        what: &'static str,
    },
    /// A file cannot be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
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
        /// What the store said.
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

    /// What a store said; once a stop was asked for, that is why.
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
