//! Writing many pairs at once.

use std::borrow::Cow;

use kv_rules::Time;
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};

use super::journal::Journal;
use super::pair::{self, Attributes};
use super::pairs::milliseconds;
use super::{Pair, Pairs, StorageError};

/// How many rows one transaction writes or deletes. A Worker that writes in the meantime gets an error,
/// because workerd does not wait for locks, so each transaction is kept to a millisecond or two.
pub(super) const ROWS_AT_ONCE: usize = 500;

/// Pairs to write to a namespace. None is visible before [`commit`](Self::commit), and a batch that is
/// dropped leaves nothing behind.
///
/// Every pair is checked before the first becomes visible. They become visible a few hundred at a time: if
/// the process dies in between, some of them are written, as can happen with Cloudflare's bulk write.
///
/// ```
/// use kv_local::{Pair, Storage};
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// let notes = storage.pairs(&storage.create("notes")?.id)?;
/// let mut batch = notes.batch()?;
/// batch.put(Pair::new("motd", "Hello".as_bytes()))?;
/// assert_eq!(batch.commit()?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Batch<'a> {
    pairs: &'a Pairs,
    now: Time,
    rows: Vec<Row<'a>>,
    /// How many of the rows are written.
    written: usize,
    journal: Journal,
}

/// A row to write, whose blob is written.
#[derive(Debug)]
struct Row<'a> {
    key: Cow<'a, str>,
    blob_id: String,
    attributes: Attributes,
}

impl<'a> Batch<'a> {
    pub(super) fn new(pairs: &'a Pairs) -> Result<Self, StorageError> {
        pairs.blobs.make_folder()?;
        let journal = pairs.begin()?;
        Ok(Self { pairs, now: Time::now(), rows: Vec::new(), written: 0, journal })
    }

    /// Adds a pair. Its value goes to a file at once, so the batch needs little memory.
    pub fn put(&mut self, pair: Pair<'a>) -> Result<(), StorageError> {
        let attributes = pair::check(&pair, self.now)?;
        let blob_id = self.pairs.blobs.write(&pair.value, &mut self.journal)?;
        self.rows.push(Row { key: pair.key, blob_id, attributes });
        Ok(())
    }

    /// Makes all pairs visible and returns how many were added. Of two pairs with the same key, the later
    /// one wins.
    pub fn commit(mut self) -> Result<usize, StorageError> {
        let database = self.pairs.database()?;
        while self.written < self.rows.len() {
            let end = self.rows.len().min(self.written + ROWS_AT_ONCE);
            let (rows, journal) = (&self.rows[self.written..end], &mut self.journal);
            let replaced = database.with(|connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let mut replaced = Vec::new();
                {
                    let old = "SELECT blob_id FROM _mf_entries WHERE key = ?1";
                    let mut old = transaction.prepare_cached(old)?;
                    let put = "INSERT OR REPLACE INTO _mf_entries \
                               (key, blob_id, expiration, metadata) VALUES (?1, ?2, ?3, ?4)";
                    let mut put = transaction.prepare_cached(put)?;
                    for Row { key, blob_id, attributes } in rows {
                        replaced.extend(old.query_row([key], |row| row.get(0)).optional()?);
                        let expiration = attributes.expiration.map(milliseconds);
                        put.execute(params![key, blob_id, expiration, attributes.metadata])?;
                    }
                }
                if let Err(error) = journal.replaces(&replaced) {
                    return Ok(Err(error));
                }
                transaction.commit()?;
                Ok(Ok(replaced))
            })??;
            self.written = end;
            self.pairs.blobs.remove_all(replaced);
        }
        Ok(self.rows.len())
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.pairs.blobs.remove_all(self.rows[self.written..].iter().map(|row| &row.blob_id));
    }
}
