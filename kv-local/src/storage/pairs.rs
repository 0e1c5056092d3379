//! The pairs of one namespace.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use kv_rules::check_key;
use rusqlite::{
    OptionalExtension as _, TransactionBehavior, params, params_from_iter, types::Value,
};

use super::batch::ROWS_AT_ONCE;
use super::blobs::Blobs;
use super::database::{Database, Databases};
use super::journal::{Journal, Journals};
use super::layout::Layout;
use super::{Batch, Pair, StorageError, Stored};

/// Exactly miniflare's schema, because the process that opens a namespace first creates it.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS _mf_entries (
    key TEXT PRIMARY KEY,
    blob_id TEXT NOT NULL,
    expiration INTEGER,
    metadata TEXT
);
CREATE INDEX IF NOT EXISTS _mf_entries_expiration_idx ON _mf_entries(expiration);";

/// The pairs of one namespace. A pair that has expired counts as missing.
///
/// ```
/// use kv_local::{Pair, Storage};
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// let notes = storage.pairs(&storage.create("notes")?.id)?;
/// notes.put_many([Pair::new("motd", "Hello".as_bytes())])?;
/// assert_eq!(notes.list("", None, 10)?.keys[0].name, "motd");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pairs {
    id: Arc<str>,
    layout: Layout,
    pub(super) blobs: Blobs,
    databases: Arc<Databases>,
    journals: Journals,
}

/// A key in a listing.
///
/// ```
/// use kv_local::{Pair, Storage};
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// let notes = storage.pairs(&storage.create("notes")?.id)?;
/// notes.put_many([Pair::new("motd", "Hello".as_bytes())])?;
/// let key = notes.info("motd")?.unwrap();
/// assert_eq!((key.name.as_str(), key.expiration), ("motd", None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// The key.
    pub name: String,
    /// When it expires, in seconds since 1970.
    pub expiration: Option<u64>,
    /// JSON text.
    pub metadata: Option<String>,
}

/// A page of a listing.
///
/// ```
/// use kv_local::Storage;
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// let notes = storage.pairs(&storage.create("notes")?.id)?;
/// let page = notes.list("note:", None, 1000)?;
/// assert!(page.complete && page.keys.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The keys, in the order of their bytes.
    pub keys: Vec<ListedKey>,
    /// Whether this is the last page. If not, the next page starts after the last key of this one.
    pub complete: bool,
}

/// What the index has for a key.
struct Entry {
    blob_id: String,
    expiration: Option<i64>,
    metadata: Option<String>,
}

impl Pairs {
    pub(super) fn new(
        id: &str,
        layout: Layout,
        databases: Arc<Databases>,
        journals: Journals,
    ) -> Self {
        let blobs = Blobs::new(layout.blobs.clone());
        Self { id: id.into(), layout, blobs, databases, journals }
    }

    /// Starts a write with a journal, so that what a dying process leaves behind is removed later.
    pub(super) fn begin(&self) -> Result<Journal, StorageError> {
        self.journals.begin(&self.id)
    }

    /// Removes the blobs that an interrupted write may have left, unless a row refers to them: those that
    /// begin with `prefix`, and `others`.
    pub(super) fn remove_unnamed<'a>(
        &self,
        prefix: &str,
        others: impl Iterator<Item = &'a str>,
    ) -> Result<(), StorageError> {
        let mut left: HashSet<String> = self.blobs.with_prefix(prefix)?.into_iter().collect();
        left.extend(others.map(str::to_owned));
        if let Some(database) = self.existing()? {
            database.with(|connection| {
                let all = "SELECT blob_id FROM _mf_entries";
                let mut all = connection.prepare_cached(all)?;
                let mut named = all.query(())?;
                while let Some(row) = named.next()? {
                    left.remove(row.get_ref(0)?.as_str()?);
                }
                Ok(())
            })?;
        }
        self.blobs.remove_all(left);
        Ok(())
    }

    /// The pair with this key.
    pub fn get(&self, key: &str) -> Result<Option<Stored>, StorageError> {
        let Some(database) = self.existing()? else { return Ok(None) };
        let mut gone = None;
        // If the blob is gone, another process may have replaced the pair after its row was read; then
        // there is a new row. If the row is the same, the value is lost, which miniflare also treats as a
        // missing key.
        while let Some(entry) = entry(&database, key)? {
            if let Some(value) = self.blobs.read(&entry.blob_id)? {
                let Entry { expiration, metadata, .. } = entry;
                return Ok(Some(Stored { value, metadata, expiration: seconds(expiration) }));
            }
            if gone.as_ref() == Some(&entry.blob_id) {
                tracing::warn!(key, blob = entry.blob_id, "the value of a key is lost");
                return Ok(None);
            }
            gone = Some(entry.blob_id);
        }
        Ok(None)
    }

    /// The expiration and metadata of a key.
    pub fn info(&self, key: &str) -> Result<Option<ListedKey>, StorageError> {
        let Some(database) = self.existing()? else { return Ok(None) };
        Ok(entry(&database, key)?.map(|entry| ListedKey {
            name: key.to_owned(),
            expiration: seconds(entry.expiration),
            metadata: entry.metadata,
        }))
    }

    /// Writes pairs and returns their number. If one is invalid, none is written. Of two pairs with the same
    /// key, the later one wins.
    pub fn put_many<'a>(
        &'a self,
        pairs: impl IntoIterator<Item = Pair<'a>>,
    ) -> Result<usize, StorageError> {
        let mut batch = self.batch()?;
        for pair in pairs {
            batch.put(pair)?;
        }
        batch.commit()
    }

    /// Starts a batch to which pairs are added one by one, for a caller that does not have all of them at
    /// once.
    pub fn batch(&self) -> Result<Batch<'_>, StorageError> {
        Batch::new(self)
    }

    /// Deletes keys and returns the number of keys given. If one is invalid, none is deleted. A missing key
    /// is not an error.
    pub fn delete_many<K: AsRef<str>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<usize, StorageError> {
        let keys: Vec<K> = keys.into_iter().collect();
        for key in keys.iter().map(AsRef::as_ref) {
            check_key(key)
                .map_err(|rule| StorageError::Pair { key: key.to_owned(), source: rule.into() })?;
        }
        let Some(database) = self.existing()? else { return Ok(keys.len()) };
        let mut journal = self.begin()?;
        for keys in keys.chunks(ROWS_AT_ONCE) {
            let deleted = database.with(|connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let mut deleted: Vec<String> = Vec::new();
                {
                    let delete = "DELETE FROM _mf_entries WHERE key = ?1 RETURNING blob_id";
                    let mut delete = transaction.prepare_cached(delete)?;
                    for key in keys {
                        let blob = delete.query_row([key.as_ref()], |row| row.get(0));
                        deleted.extend(blob.optional()?);
                    }
                }
                if let Err(error) = journal.replaces(&deleted) {
                    return Ok(Err(error));
                }
                transaction.commit()?;
                Ok(Ok(deleted))
            })??;
            self.blobs.remove_all(&deleted);
        }
        Ok(keys.len())
    }

    /// Up to `limit` keys that begin with `prefix` and come after the key `after`.
    pub fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StorageError> {
        let Some(database) = self.existing()? else {
            return Ok(Page { keys: Vec::new(), complete: true });
        };
        let (from, lower) = match after {
            Some(after) if after >= prefix => (after, "key > ?"),
            _ => (prefix, "key >= ?"),
        };
        let end = end_of_prefix(prefix);
        let upper = if end.is_some() { "AND key < ?" } else { "" };
        let sql = format!(
            "SELECT key, expiration, metadata FROM _mf_entries WHERE {lower} {upper} \
             AND (expiration IS NULL OR expiration > ?) ORDER BY key LIMIT ?"
        );
        // Read one more than asked for, to know whether there is another page.
        let rows = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut values = vec![Value::from(from.to_owned())];
        values.extend(end.map(Value::from));
        values.extend([now().into(), rows.into()]);
        let mut keys: Vec<ListedKey> = database.with(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let keys = statement.query_map(params_from_iter(values), |row| {
                Ok(ListedKey {
                    name: row.get(0)?,
                    expiration: seconds(row.get(1)?),
                    metadata: row.get(2)?,
                })
            })?;
            keys.collect()
        })?;
        let complete = keys.len() <= limit;
        keys.truncate(limit);
        Ok(Page { keys, complete })
    }

    /// Removes the namespace's files.
    pub(super) fn destroy(&self) -> Result<(), StorageError> {
        // A running Worker keeps the file open, so delete the rows to make it see that the keys are gone.
        if let Some(database) = self.existing()? {
            database.with(|connection| connection.execute("DELETE FROM _mf_entries", ()))?;
        }
        self.databases.close(&self.layout.index);
        remove(&self.layout.folder, |folder| fs::remove_dir_all(folder))?;
        // SQLite would apply a leftover write-ahead log to the next database with that name.
        for suffix in ["sqlite-wal", "sqlite-shm", "sqlite"] {
            remove(&self.layout.index.with_extension(suffix), |file| fs::remove_file(file))?;
        }
        Ok(())
    }

    pub(super) fn database(&self) -> Result<Arc<Database>, StorageError> {
        self.databases.open(&self.layout.index, SCHEMA)
    }

    /// The database, if it exists: the first write to a namespace creates it.
    fn existing(&self) -> Result<Option<Arc<Database>>, StorageError> {
        self.layout.index.exists().then(|| self.database()).transpose()
    }
}

fn entry(database: &Database, key: &str) -> Result<Option<Entry>, StorageError> {
    let one = "SELECT blob_id, expiration, metadata FROM _mf_entries \
               WHERE key = ?1 AND (expiration IS NULL OR expiration > ?2)";
    let now = now();
    database.with(|connection| {
        let mut statement = connection.prepare_cached(one)?;
        let entry = statement.query_row(params![key, now], |row| {
            Ok(Entry { blob_id: row.get(0)?, expiration: row.get(1)?, metadata: row.get(2)? })
        });
        entry.optional()
    })
}

/// The time in milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Miniflare stores milliseconds, but the API uses seconds.
pub(super) fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)
}

fn seconds(milliseconds: Option<i64>) -> Option<u64> {
    milliseconds.map(|milliseconds| u64::try_from(milliseconds / 1000).unwrap_or(u64::MAX))
}

/// The first text after every text that begins with `prefix`, in the order of bytes.
fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

fn remove(
    path: &Path,
    remove: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<(), StorageError> {
    match remove(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(StorageError::io("remove", path, source))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_text() {
        assert_eq!(end_of_prefix(""), None);
        assert_eq!(end_of_prefix("a:"), Some("a;".to_owned()));
        assert_eq!(end_of_prefix("a\u{d7ff}"), Some("a\u{e000}".to_owned()));
        assert_eq!(end_of_prefix("a\u{10ffff}"), Some("b".to_owned()));
        assert_eq!(end_of_prefix("\u{10ffff}"), None);
    }
}
