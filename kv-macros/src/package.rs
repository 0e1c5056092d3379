//! The crate that is being compiled, and the files that its declarations may read.

use std::io;
use std::path::{Component, Path, PathBuf};

use kv_rules::ValueError;

/// The crate that a declaration stands in.
#[derive(Debug)]
pub(crate) struct Package {
    /// The folder of its `Cargo.toml`, to which paths are relative.
    root: Option<PathBuf>,
    /// The same folder without symlinks.
    real_root: Option<PathBuf>,
}

/// A file's place and content.
#[derive(Debug)]
pub(crate) struct FileContent {
    pub(crate) absolute: String,
    pub(crate) bytes: Vec<u8>,
}

/// Why a path cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("`CARGO_MANIFEST_DIR` is not set, so paths lead nowhere: compile with cargo")]
    NoPackage,
    #[error("the path is empty: write a path relative to the crate's `Cargo.toml`")]
    Empty,
    #[error(
        "`{0}` is absolute: write a path relative to the crate's `Cargo.toml`, so that the crate builds elsewhere"
    )]
    Absolute(String),
    #[error(
        "`{0}` leaves the crate: what is deployed must lie beside or below its `Cargo.toml`; copy it there"
    )]
    Outside(String),
    #[error("there is no `{path}`: a path begins at the folder of the crate's `Cargo.toml`{hint}")]
    NotFound { path: String, hint: String },
    #[error(
        "`{0}` is a folder: write the path of a file, or `..dir(\"{0}\")` as an item of `values` for all its files"
    )]
    IsFolder(String),
    #[error("`{0}` is a file: write the path of a folder, or `..file(\"{0}\")` for a seed file")]
    IsFile(String),
    #[error("`{0}` is neither a file nor a folder: remove it, or choose another path")]
    Special(String),
    #[error("`{path}` cannot be read: {source}")]
    Unreadable { path: String, source: io::Error },
    #[error("the path {0:?} is not UTF-8, which the compiler needs to include the file: rename it")]
    NotUtf8(PathBuf),
    #[error("`{path}`: {source}")]
    TooLarge { path: String, source: ValueError },
}

impl Package {
    /// The crate that cargo is compiling.
    pub(crate) fn of_cargo() -> Self {
        Self::new(std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from))
    }

    #[cfg(test)]
    pub(crate) fn at(root: impl Into<PathBuf>) -> Self {
        Self::new(Some(root.into()))
    }

    fn new(root: Option<PathBuf>) -> Self {
        let real_root = root.as_deref().and_then(|root| root.canonicalize().ok());
        Self { root, real_root }
    }

    /// Reads a file, at most as large as a value can be.
    pub(crate) fn file(&self, written: &str) -> Result<FileContent, FileError> {
        self.read(written, kv_rules::check_value)
    }

    /// Reads a file of any size.
    pub(crate) fn large_file(&self, written: &str) -> Result<FileContent, FileError> {
        self.read(written, |_| Ok(()))
    }

    /// The absolute path of a folder.
    pub(crate) fn folder(&self, written: &str) -> Result<PathBuf, FileError> {
        let path = self.resolve(written)?;
        if path.is_dir() { Ok(path) } else { Err(FileError::IsFile(written.to_owned())) }
    }

    fn read(
        &self,
        written: &str,
        check: fn(usize) -> Result<(), ValueError>,
    ) -> Result<FileContent, FileError> {
        let path = self.resolve(written)?;
        if path.is_dir() {
            return Err(FileError::IsFolder(written.to_owned()));
        }
        read(&path, written, check)
    }

    /// The absolute path of what a declaration names, which lies in the crate.
    fn resolve(&self, written: &str) -> Result<PathBuf, FileError> {
        let root = self.root.as_deref().ok_or(FileError::NoPackage)?;
        let relative = Path::new(written);
        if written.is_empty() {
            return Err(FileError::Empty);
        }
        if !relative.is_relative() || relative.has_root() {
            return Err(FileError::Absolute(written.to_owned()));
        }
        if climbs(relative) {
            return Err(FileError::Outside(written.to_owned()));
        }
        let path = root.join(relative);
        let real = path.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => {
                FileError::NotFound { path: written.to_owned(), hint: neighbour(relative, &path) }
            }
            _ => FileError::Unreadable { path: written.to_owned(), source },
        })?;
        if self.contains(&real) { Ok(path) } else { Err(FileError::Outside(written.to_owned())) }
    }

    /// Whether a path without symlinks lies in the crate.
    pub(crate) fn contains(&self, real: &Path) -> bool {
        self.real_root.as_deref().is_some_and(|root| real.starts_with(root))
    }
}

/// Reads a file that is known to lie in the crate. `shown` is what messages call it.
pub(crate) fn read(
    path: &Path,
    shown: &str,
    check: fn(usize) -> Result<(), ValueError>,
) -> Result<FileContent, FileError> {
    let unreadable = |source| FileError::Unreadable { path: shown.to_owned(), source };
    let too_large = |source| FileError::TooLarge { path: shown.to_owned(), source };
    let absolute = path.to_str().ok_or_else(|| FileError::NotUtf8(path.to_owned()))?.to_owned();
    let metadata = path.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(FileError::Special(shown.to_owned()));
    }
    check(usize::try_from(metadata.len()).unwrap_or(usize::MAX)).map_err(too_large)?;
    let bytes = std::fs::read(path).map_err(unreadable)?;
    check(bytes.len()).map_err(too_large)?;
    Ok(FileContent { absolute, bytes })
}

/// Whether a path leaves its beginning through `..`.
fn climbs(path: &Path) -> bool {
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
fn neighbour(written: &Path, missing: &Path) -> String {
    let (Some(folder), Some(name)) = (missing.parent(), missing.file_name()) else {
        return String::new();
    };
    let Ok(entries) = folder.read_dir() else { return String::new() };
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let meant = kv_rules::closest(&name.to_string_lossy(), names.iter().map(String::as_str));
    meant.map_or_else(String::new, |name| {
        format!("; did you mean `{}`?", written.with_file_name(name).display())
    })
}
