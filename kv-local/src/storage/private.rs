//! Creates files and folders that only the user can read. The permissions of those that wrangler created
//! do not change.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

use super::StorageError;

/// Creates a folder and its parents if they are missing.
pub(super) fn create_folder(folder: &Path) -> Result<(), StorageError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| StorageError::io("create", folder, source))
}

/// Creates a file, which must not exist yet.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
