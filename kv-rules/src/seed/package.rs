//! The package of a declaration, and which of its files may be read.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::ValueError;

/// The package that declares a namespace.
///
/// ```
/// use kv_rules::seed::Package;
///
/// let package = Package::new(None);
/// assert!(package.open("../secrets.json").is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Package {
    /// The folder of its `Cargo.toml`, to which paths are relative.
    root: Option<PathBuf>,
    /// The same folder without symlinks.
    real_root: Option<PathBuf>,
}

/// Why a path cannot be read.
///
/// ```
/// use kv_rules::seed::{FileError, Package};
///
/// # let root = tempfile::tempdir()?;
/// let package = Package::new(Some(root.path().to_owned()));
/// assert!(matches!(package.open("gone.json"), Err(FileError::NotFound { .. })));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message, and its fields are named in it")]
#[non_exhaustive]
pub enum FileError {
    #[error("`CARGO_MANIFEST_DIR` is not set, so paths cannot be resolved: compile with cargo")]
    NoPackage,
    #[error("the path is empty: write a path relative to the crate's `Cargo.toml`")]
    Empty,
    #[error(
        "`{0}` is absolute: write a path relative to the crate's `Cargo.toml`, so that the crate builds elsewhere"
    )]
    Absolute(String),
    #[error(
        "`{0}` is outside the crate, or a link that leads out of it: copy it into the folder of the crate's `Cargo.toml`"
    )]
    Outside(String),
    #[error(
        "`{0}` is the whole crate, with its sources and `target`: write the folder to deploy, such as `..dir(\"public\")`"
    )]
    WholePackage(String),
    #[error("there is no `{path}` beside the crate's `Cargo.toml`{hint}")]
    NotFound { path: String, hint: String },
    #[error(
        "`{0}` is a folder: write the path of a file in it, or `..dir(\"{0}\")` for an entry for each of its files"
    )]
    IsFolder(String),
    #[error("`{0}` is a file: write the path of a folder, or `..file(\"{0}\")` for a seed file")]
    IsFile(String),
    #[error("`{0}` is neither a file nor a folder: remove it, or choose another path")]
    Special(String),
    #[error("`{path}` cannot be read: {source}")]
    Unreadable { path: String, source: io::Error },
    #[error("the path {0:?} is not UTF-8, which a key must be: rename it")]
    NotUtf8(PathBuf),
    #[error("`{path}`: {source}")]
    TooLarge { path: String, source: ValueError },
}

impl Package {
    /// The package whose `Cargo.toml` is in `root`; without `root`, no file can be read.
    #[must_use]
    pub fn new(root: Option<PathBuf>) -> Self {
        let real_root = root.as_deref().and_then(|root| root.canonicalize().ok());
        Self { root, real_root }
    }

    /// Opens a file of any size.
    pub fn open(&self, written: &str) -> Result<File, FileError> {
        open(&self.file(written)?, written)
    }

    /// The path of a file that is no larger than a value can be.
    pub fn value_file(&self, written: &str) -> Result<PathBuf, FileError> {
        let path = self.file(written)?;
        let unreadable = |source| FileError::Unreadable { path: written.to_owned(), source };
        let bytes = path.metadata().map_err(unreadable)?.len();
        check_size(bytes, written)?;
        Ok(path)
    }

    fn file(&self, written: &str) -> Result<PathBuf, FileError> {
        let path = self.resolve(written)?;
        if path.is_dir() {
            return Err(FileError::IsFolder(written.to_owned()));
        }
        if !path.is_file() {
            return Err(FileError::Special(written.to_owned()));
        }
        Ok(path)
    }

    /// The path of a folder below the package's own.
    pub fn folder(&self, written: &str) -> Result<PathBuf, FileError> {
        let path = self.resolve(written)?;
        if !path.is_dir() {
            return Err(FileError::IsFile(written.to_owned()));
        }
        if path.canonicalize().ok() == self.real_root {
            return Err(FileError::WholePackage(written.to_owned()));
        }
        Ok(path)
    }

    /// Resolves a path in a declaration, and checks that it is in the package.
    fn resolve(&self, written: &str) -> Result<PathBuf, FileError> {
        let root = self.root.as_deref().ok_or(FileError::NoPackage)?;
        let relative = Path::new(written);
        if written.is_empty() {
            return Err(FileError::Empty);
        }
        if !relative.is_relative() || relative.has_root() {
            return Err(FileError::Absolute(written.to_owned()));
        }
        if escapes_upwards(relative) {
            return Err(FileError::Outside(written.to_owned()));
        }
        let path = root.join(relative);
        let real = path.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => FileError::NotFound {
                path: written.to_owned(),
                hint: similar_sibling(relative, &path),
            },
            _ => FileError::Unreadable { path: written.to_owned(), source },
        })?;
        if self.contains(&real) { Ok(path) } else { Err(FileError::Outside(written.to_owned())) }
    }

    /// Whether a path without symlinks is in the package.
    pub(super) fn contains(&self, real: &Path) -> bool {
        self.real_root.as_deref().is_some_and(|root| real.starts_with(root))
    }
}

/// Opens a file. `shown` is what messages call it.
pub(super) fn open(path: &Path, shown: &str) -> Result<File, FileError> {
    File::open(path).map_err(|source| FileError::Unreadable { path: shown.to_owned(), source })
}

/// Checks that a file can be a value.
pub(super) fn check_size(bytes: u64, shown: &str) -> Result<(), FileError> {
    let checked = crate::check_value(usize::try_from(bytes).unwrap_or(usize::MAX));
    checked.map_err(|source| FileError::TooLarge { path: shown.to_owned(), source })
}

/// Whether a path climbs above its beginning through `..`.
fn escapes_upwards(path: &Path) -> bool {
    let mut depth = 0_usize;
    for component in path.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            _ => {}
        }
    }
    false
}

/// The file beside a missing one that was probably meant.
fn similar_sibling(written: &Path, missing: &Path) -> String {
    let (Some(folder), Some(name)) = (missing.parent(), missing.file_name()) else {
        return String::new();
    };
    let Ok(entries) = folder.read_dir() else { return String::new() };
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    // It is there itself if it is a link that leads nowhere.
    names.retain(|other| *other != *name.to_string_lossy());
    names.sort();
    let meant = crate::closest(&name.to_string_lossy(), names.iter().map(String::as_str));
    meant.map_or_else(String::new, |name| {
        format!("; did you mean `{}`?", written.with_file_name(name).display())
    })
}
