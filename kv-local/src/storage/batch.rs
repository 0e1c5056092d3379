//! Writing many pairs in one step.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};

use super::pair::{self, Attributes};
use super::{Pair, Pairs, StorageError};

/// Pairs on their way into a namespace: none is there before [`commit`](Self::commit), then all
/// are. A batch that is dropped leaves nothing behind.
///
/// A Worker that writes at the very moment of the commit gets an error: workerd does not wait for
/// others. Values are on disk by then, so that the moment is short.
#[derive(Debug)]
pub struct Batch<'a> {
    pairs: &'a Pairs,
    now: Timestamp,
    rows: Vec<Row<'a>>,
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
        Ok(Self { pairs, now: Timestamp::now(), rows: Vec::new() })
    }

    /// Adds a pair. Its value is on disk afterwards, so the batch stays small.
    pub fn put(&mut self, pair: Pair<'a>) -> Result<(), StorageError> {
        let attributes = pair::check(&pair, self.now)?;
        let blob_id = self.pairs.blobs.write(&pair.value, self.now)?;
        self.rows.push(Row { key: pair.key, blob_id, attributes });
        Ok(())
    }

    /// Makes all pairs visible and returns how many were added. Of two with one key the later wins.
    pub fn commit(mut self) -> Result<usize, StorageError> {
        let replaced = self.swap_rows()?;
        self.pairs.blobs.remove_all(replaced);
        Ok(std::mem::take(&mut self.rows).len())
    }

    /// Points every key to its new blob and returns the blobs that no row names any more.
    fn swap_rows(&self) -> Result<Vec<String>, StorageError> {
        self.pairs.database()?.with(|connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut replaced = Vec::new();
            {
                let old = "SELECT blob_id FROM _mf_entries WHERE key = ?1";
                let mut old = transaction.prepare_cached(old)?;
                let put = "INSERT OR REPLACE INTO _mf_entries (key, blob_id, expiration, metadata) \
                           VALUES (?1, ?2, ?3, ?4)";
                let mut put = transaction.prepare_cached(put)?;
                for Row { key, blob_id, attributes } in &self.rows {
                    replaced.extend(old.query_row([key], |row| row.get(0)).optional()?);
                    let expiration = attributes.expiration.map(|seconds| i64::from(seconds) * 1000);
                    put.execute(params![key, blob_id, expiration, attributes.metadata])?;
                }
            }
            transaction.commit()?;
            Ok(replaced)
        })
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.pairs.blobs.remove_all(self.rows.iter().map(|row| &row.blob_id));
    }
}
