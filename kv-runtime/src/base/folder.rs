//! Folders that belong to one user, and to no commit.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a folder, with those above it, that only its user can open.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Keeps a folder out of version control by this file in it, unless it has one.
pub(crate) fn ignore(file: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut file) => file.write_all(b"*\n"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
