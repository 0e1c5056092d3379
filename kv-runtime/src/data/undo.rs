//! Files that keep pairs before they are overwritten or deleted.

use std::collections::HashSet;
use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use kv_rules::Time;

use super::about::About;
use super::bulk_file::BulkWriter;
use super::error::DataError;
use super::pairs::{Place, StoredPair, read_keys};
use super::restore::REQUEST_BYTES;
use super::source::{BatchSize, BulkSource};
use crate::base::folder;

/// The number of pairs in memory at once.
const AT_ONCE: usize = 1_000;

/// The files of one stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Undo<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) app: &'a str,
    pub(crate) stage: &'a str,
}

impl Undo<'_> {
    /// The file that keeps the pairs of a namespace.
    pub(crate) fn file(folder: &Path, id: &str) -> PathBuf {
        folder.join(format!("{id}.json"))
    }

    /// The namespaces with kept pairs.
    pub(crate) fn ids(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let ids = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()));
        let mut ids: Vec<_> = ids.filter(|id| kv_rules::check_id(id).is_ok()).collect();
        ids.sort_unstable();
        ids
    }

    /// Removes the kept pairs.
    pub(crate) fn forget(folder: &Path) -> Result<(), DataError> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(DataError::io("remove", folder)(error))
            }
            _ => Ok(()),
        }
    }

    /// Keeps the pairs of some keys. If an interrupted deploy kept pairs, they stay, and this one continues.
    pub(crate) async fn keep(
        self,
        id: &str,
        namespace_id: &str,
        keys: Vec<String>,
        secrets_left_out: Vec<String>,
        place: Place<'_>,
    ) -> Result<(), DataError> {
        let path = Self::file(self.folder, id);
        let before = match About::find(&path) {
            Ok(Some(about)) if about.left_state.is_none() && about.namespace_id == namespace_id => {
                BulkSource::open(&path).await.ok()
            }
            _ => None,
        };
        make_private(self.folder)?;
        let temporary = tempfile::NamedTempFile::new_in(self.folder);
        let temporary = temporary.map_err(DataError::io("write to", self.folder))?;
        let failed = || DataError::io("write", &path);
        let out = BufWriter::new(temporary);
        let mut writer = BulkWriter::begin(out);
        let mut kept = HashSet::new();
        let mut begun_at = None;
        if let Some(before) = before {
            begun_at = before.about().map(|about| about.begun_at);
            let mut batches =
                before.batches(BatchSize { pairs: AT_ONCE, bytes: REQUEST_BYTES }, |_| true);
            while let Some(batch) = batches.next().await {
                for (_, pair) in batch {
                    kept.insert(pair.key.clone());
                    writer.push(&StoredPair::from(pair)).map_err(failed())?;
                }
            }
            batches.end().await?;
        }
        let keys: Vec<String> = keys.into_iter().filter(|key| !kept.contains(key)).collect();
        for some in keys.chunks(AT_ONCE) {
            for (_, pair) in read_keys(place, some.to_vec()).await? {
                writer.push(&pair).map_err(failed())?;
            }
        }
        let (out, pairs, summed) = writer.end().map_err(failed())?;
        let temporary = out.into_inner().map_err(|error| failed()(error.into_error()))?;
        temporary.as_file().sync_all().map_err(failed())?;
        // The description is written last, since a file without one cannot be used to undo.
        temporary.persist(&path).map_err(|error| failed()(error.error))?;
        let about = About::begin(id, namespace_id, self.app, self.stage);
        let (bytes, blake3) = (summed.bytes, summed.hash());
        let begun_at = begun_at.unwrap_or(about.begun_at);
        About { begun_at, secrets_left_out, pairs, bytes, blake3, ..about }.write(&path)
    }

    /// Records that the deploy of a namespace is done.
    pub(crate) fn close(folder: &Path, id: &str, state: String) -> Result<(), DataError> {
        let path = Self::file(folder, id);
        match About::find(&path)? {
            Some(about) if about.left_state.is_none() => {
                About { done_at: Some(Time::now()), left_state: Some(state), ..about }.write(&path)
            }
            _ => Ok(()),
        }
    }
}

/// Creates a folder that is private to the user and ignored by version control.
fn make_private(folder: &Path) -> Result<(), DataError> {
    folder::make_private(folder).map_err(DataError::io("make the folder", folder))?;
    let ignore = folder.join(".gitignore");
    folder::ignore(&ignore).map_err(DataError::io("write", &ignore))
}
