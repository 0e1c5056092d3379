//! Writes the pairs of a file to a namespace: first finds the changes, then makes them.

use futures_util::stream::{FuturesUnordered, StreamExt};
use kv_rules::{Expiry, MAX_BULK_GET_KEYS, MAX_BULK_PAIRS};
use serde::Serialize;

use super::error::DataError;
use super::keys::KeyTable;
use super::pairs::{Place, StoredPair, is_over, is_same_metadata, read};
use super::source::{BatchSize, BulkSource};
use crate::raw::{KeyInfo, RawPair};

/// The number of pairs of each kind that are listed by key.
const NAMED: usize = 100;

/// The most bytes of one request, unless a single pair has more.
pub(super) const REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// The changes that writing pairs to a namespace would make.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let changes = Notes::connect().stage("staging").restore("notes.json").await?;
/// println!("{} new, {} overwritten, {} equal", changes.new, changes.overwritten, changes.equal);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PairChanges {
    /// The number of keys that do not exist yet.
    pub new: u64,
    /// The number of keys that have a different value, metadata or expiration.
    pub overwritten: u64,
    /// The number of pairs that already exist unchanged and are not written.
    pub equal: u64,
    /// The number of pairs that have expired, or expire too soon to be written.
    pub expired: u64,
    /// The total size of the values to write, in bytes.
    pub bytes: u64,
    /// The first keys that do not exist yet.
    pub first_new: Vec<PairChange>,
    /// The first keys that have a different value, metadata or expiration.
    pub first_overwritten: Vec<PairChange>,
}

/// A pair to write.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let changes = Notes::connect().stage("staging").restore("notes.json").await?;
/// for change in changes.first_overwritten {
///     println!("{} had {:?} bytes", change.key, change.replaced_bytes);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PairChange {
    /// The key.
    pub key: String,
    /// The size of the value in bytes.
    pub bytes: u64,
    /// The size in bytes of the value that it replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_bytes: Option<u64>,
}

impl PairChanges {
    /// The number of keys to write.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.new + self.overwritten
    }

    pub(super) fn add(&mut self, key: &str, bytes: u64, replaced_bytes: Option<u64>) {
        let (count, first) = match replaced_bytes {
            None => (&mut self.new, &mut self.first_new),
            Some(_) => (&mut self.overwritten, &mut self.first_overwritten),
        };
        *count += 1;
        self.bytes += bytes;
        if first.len() < NAMED {
            first.push(PairChange { key: key.to_owned(), bytes, replaced_bytes });
        }
    }
}

/// Pairs that were written.
pub(crate) struct Written {
    pub(crate) keys: usize,
    pub(crate) bytes: u64,
}

/// A file of pairs, with the changes that writing them would make.
pub(crate) struct Restore {
    source: BulkSource,
    /// The pairs to write, by number.
    chosen: Chosen,
    pub(crate) changes: PairChanges,
}

impl Restore {
    /// Finds the pairs of a file that a namespace does not have, and calls `each` with them.
    pub(crate) async fn plan(
        source: BulkSource,
        place: Place<'_>,
        mut each: impl FnMut(&RawPair),
    ) -> Result<Self, DataError> {
        let there = KeyTable::of(place).await?;
        let (mut chosen, mut changes) = (Chosen::none_of(source.pairs), PairChanges::default());
        let size = BatchSize { pairs: MAX_BULK_GET_KEYS * place.jobs, bytes: REQUEST_BYTES };
        let mut batches = source.batches(size, |_| true);
        while let Some(batch) = batches.next().await {
            place.interrupt.check()?;
            let wanted = batch.iter().filter_map(|(_, pair)| {
                let (key, expiration) = there.get(there.find(&pair.key)?)?;
                Some(KeyInfo { expiration, ..KeyInfo::new(key) })
            });
            let found = read(place, wanted.collect()).await?;
            let mut found = found.into_iter().peekable();
            let now = place.store.now();
            for (number, pair) in batch {
                let stored = found.next_if(|stored| stored.key == pair.key);
                if is_over(pair.options.expiry, now) {
                    changes.expired += 1;
                } else if stored.as_ref().is_some_and(|stored| is_same(&pair, stored)) {
                    changes.equal += 1;
                } else {
                    let replaced = stored.map(|stored| stored.value.len() as u64);
                    changes.add(&pair.key, pair.value.len() as u64, replaced);
                    chosen.add(number);
                    each(&pair);
                }
            }
        }
        batches.end().await?;
        Ok(Self { source, chosen, changes })
    }

    /// Writes the pairs. Calls `progress` with what was written and confirmed.
    pub(crate) async fn apply(
        self,
        place: Place<'_>,
        progress: &(dyn Fn(Written) + Sync),
    ) -> Result<(), DataError> {
        let Self { source, chosen, .. } = self;
        let size = BatchSize { pairs: MAX_BULK_PAIRS, bytes: REQUEST_BYTES };
        let mut batches = source.batches(size, move |number| chosen.has(number));
        let mut in_flight = FuturesUnordered::new();
        let mut result = Ok(());
        loop {
            let is_full = in_flight.len() >= place.jobs;
            tokio::select! {
                Some(written) = in_flight.next(), if !in_flight.is_empty() => match written {
                    Ok(written) => progress(written),
                    Err(error) => { result = Err(error); break }
                },
                batch = batches.next(), if !is_full => match batch {
                    Some(batch) => in_flight.push(put(place, batch)),
                    None => break,
                },
            }
        }
        // Wait for requests in flight, since they may have been applied.
        while let Some(written) = in_flight.next().await {
            match written {
                Ok(written) => progress(written),
                Err(error) => result = result.and(Err(error)),
            }
        }
        result?;
        batches.end().await
    }
}

async fn put(place: Place<'_>, batch: Vec<(usize, RawPair)>) -> Result<Written, DataError> {
    place.interrupt.check()?;
    let now = place.store.now();
    let pairs = batch.into_iter().map(|(_, pair)| pair);
    // Some pairs may have come too close to their expiration since the plan was made.
    let pairs: Vec<_> = pairs.filter(|pair| !is_over(pair.options.expiry, now)).collect();
    let (keys, bytes) = (pairs.len(), pairs.iter().map(|pair| pair.value.len() as u64).sum());
    let written = place.store.put_many(pairs).await;
    written.map_err(DataError::store("write pairs", place.interrupt))?;
    Ok(Written { keys, bytes })
}

fn is_same(pair: &RawPair, stored: &StoredPair) -> bool {
    let expiration = match pair.options.expiry {
        None => None,
        Some(Expiry::At(at)) => Some(at),
        // Start from the beginning again.
        Some(Expiry::Ttl(_)) => return false,
    };
    pair.value == stored.value
        && expiration == stored.expiration
        && is_same_metadata(pair.options.metadata.as_deref(), stored.metadata.as_deref())
}

/// A set of numbers, one bit each.
struct Chosen(Vec<u64>);

impl Chosen {
    fn none_of(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn add(&mut self, number: usize) {
        if let Some(bits) = self.0.get_mut(number / 64) {
            *bits |= 1 << (number % 64);
        }
    }

    fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|bits| bits & 1 << (number % 64) != 0)
    }
}
