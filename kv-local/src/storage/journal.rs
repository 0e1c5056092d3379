//! Records what an interrupted write may leave behind, so that the next process can remove it.
//!
//! A process that is killed after writing a value's file and before writing its row, or after deleting a
//! row and before removing the value's file, leaves an unused file. Each write therefore has a journal, a
//! file that it keeps locked, which lists in advance the values that may be left: those whose ids begin
//! with the write's prefix, and those that it will replace or delete. A journal that is not locked belongs
//! to a dead process.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::layout::hex;
use super::pairs::now;
use super::private::{create_file, create_folder};
use super::{Storage, StorageError};

/// The extension of a journal while it is being created.
const UNFINISHED: &str = "new";
/// The extension of a complete journal.
const WHOLE: &str = "journal";

/// The journals of one store.
#[derive(Debug, Clone)]
pub(super) struct Journals {
    folder: PathBuf,
}

/// The journal of one write. Dropping it removes the file, because then nothing is left behind.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// The prefix of the ids of new values.
    prefix: String,
    /// How many ids were created.
    made: u64,
}

impl Journals {
    pub(super) fn new(root: &Path) -> Self {
        Self { folder: root.join("kv-local/journals") }
    }

    /// Starts a write to a namespace.
    pub(super) fn begin(&self, namespace: &str) -> Result<Journal, StorageError> {
        create_folder(&self.folder)?;
        let prefix = hex(&rand::random::<[u8; 24]>());
        let unfinished = self.folder.join(format!("{prefix}.{UNFINISHED}"));
        let path = unfinished.with_extension(WHOLE);
        let begin = || {
            let mut file = create_file(&unfinished)?;
            file.lock()?;
            file.write_all(format!("{namespace}\n{prefix}\n").as_bytes())?;
            // Other processes find the journal from here on, and it is already locked.
            fs::rename(&unfinished, &path)?;
            Ok(file)
        };
        let file = begin().map_err(|source| StorageError::io("write", &path, source))?;
        Ok(Journal { path, file, prefix, made: 0 })
    }

    /// Removes what dead processes left behind.
    pub(super) fn recover(&self, storage: &Storage) -> Result<(), StorageError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|source| StorageError::io("list", &self.folder, source))?,
        };
        for entry in entries {
            let path =
                entry.map_err(|source| StorageError::io("list", &self.folder, source))?.path();
            if path.extension().is_some_and(|extension| extension == WHOLE) {
                recover(&path, storage)?;
            }
        }
        Ok(())
    }
}

fn recover(path: &Path, storage: &Storage) -> Result<(), StorageError> {
    let Ok(file) = File::open(path) else { return Ok(()) };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(source)) => return Err(StorageError::io("lock", path, source)),
    }
    let text = fs::read_to_string(path).map_err(|source| StorageError::io("read", path, source))?;
    let mut lines = text.lines();
    if let (Some(namespace), Some(prefix)) = (lines.next(), lines.next()) {
        storage.pairs(namespace)?.remove_unnamed(prefix, lines)?;
    }
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(StorageError::io("remove", path, source))
        }
        _ => Ok(()),
    }
}

impl Journal {
    /// Creates an id for a value, in wrangler's format: 80 hex digits.
    pub(super) fn new_id(&mut self) -> String {
        let count = hex(&self.made.to_be_bytes());
        let time = hex(&now().to_be_bytes());
        self.made += 1;
        format!("{}{count}{time}", self.prefix)
    }

    /// Records that rows will no longer refer to these values.
    pub(super) fn replaces(&mut self, ids: &[String]) -> Result<(), StorageError> {
        if ids.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all((ids.join("\n") + "\n").as_bytes());
        written.map_err(|source| StorageError::io("write", &self.path, source))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "could not remove a journal");
        }
    }
}
