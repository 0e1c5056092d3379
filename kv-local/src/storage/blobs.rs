//! Values, each in its own file.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use bytes::Bytes;

use super::StorageError;
use super::journal::Journal;
use super::private::{create_file, create_folder};

/// The folder with the values of one namespace.
#[derive(Clone, Debug)]
pub(super) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Creates the folder that [`write`](Self::write) needs.
    pub(super) fn make_folder(&self) -> Result<(), StorageError> {
        create_folder(&self.folder)
    }

    /// The ids of all blobs that begin with `prefix`.
    pub(super) fn with_prefix(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let failed = |source| StorageError::io("list", &self.folder, source);
        let mut ids = Vec::new();
        for entry in match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ids),
            entries => entries.map_err(failed)?,
        } {
            let name = entry.map_err(failed)?.file_name().into_string();
            ids.extend(name.ok().filter(|name| name.starts_with(prefix)));
        }
        Ok(ids)
    }

    /// Writes a new blob and returns its id.
    pub(super) fn write(
        &self,
        value: &[u8],
        journal: &mut Journal,
    ) -> Result<String, StorageError> {
        let id = journal.new_id();
        let path = self.folder.join(&id);
        let written = create_file(&path).and_then(|mut file| file.write_all(value));
        written.map_err(|source| {
            self.remove_all([&id]);
            StorageError::io("write", &path, source)
        })?;
        Ok(id)
    }

    /// Reads a blob. Returns `None` if it does not exist.
    pub(super) fn read(&self, id: &str) -> Result<Option<Bytes>, StorageError> {
        let path = self.folder.join(id);
        match fs::read(&path) {
            Ok(value) => Ok(Some(value.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StorageError::io("read", &path, source)),
        }
    }

    /// Removes blobs that no row refers to. A failure only wastes space, so it is not an error.
    pub(super) fn remove_all(&self, ids: impl IntoIterator<Item = impl AsRef<str>>) {
        for id in ids {
            let path = self.folder.join(id.as_ref());
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != ErrorKind::NotFound
            {
                tracing::warn!(%error, path = %path.display(), "could not remove an unused value");
            }
        }
    }
}
