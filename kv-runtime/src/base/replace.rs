//! Replacing a file as a whole.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces a file with these bytes.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
) -> io::Result<()> {
    replace_with(path, permissions, |file| file.write_all(bytes))
}

/// Lets `write` fill a temporary file next to the file, syncs it, renames it over the file and syncs the
/// folder, so that after a crash the file has either the old or the new content. A symbolic link is kept.
/// Without `permissions`, the file is private.
pub(crate) fn replace_with(
    path: &Path,
    permissions: Option<Permissions>,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let path = &resolved(path)?;
    let folder = folder_of(path);
    let mut file = tempfile::Builder::new().prefix(&temporary_prefix(path)).tempfile_in(folder)?;
    write(file.as_file_mut())?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes temporary files of processes that died within [`replace`]. No process may be replacing the
/// file meanwhile.
pub(crate) fn remove_leftovers(path: &Path) -> io::Result<()> {
    let path = &resolved(path)?;
    let prefix = temporary_prefix(path);
    for entry in fs::read_dir(folder_of(path))? {
        let entry = entry?;
        let is_left = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix));
        if is_left && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Resolves a path that is a symbolic link.
pub(crate) fn resolved(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        resolved => resolved,
    }
}

/// A prefix that no other program uses for its files.
fn temporary_prefix(path: &Path) -> String {
    format!(".{}.kv-runtime-", path.file_name().unwrap_or_default().display())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
