//! Folders that are private to the user and ignored by version control.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Creates a folder and its parents, which only the user can open.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Keeps a folder out of version control with this file, unless it already exists.
pub(crate) fn ignore(file: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut file) => file.write_all(b"*\n"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
