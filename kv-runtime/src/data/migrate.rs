//! Rewrites values of older types.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use kv_rules::{Expiry, MAX_BULK_GET_KEYS};
use serde::Serialize;

use super::audit::{Auditor, Fit, Listed};
use super::error::DataError;
use super::keys::KeyTable;
use super::pairs::{Place, is_over, read};
use super::restore::{PairChanges, Written};
use crate::raw::{KeyInfo, PutOptions, RawPair};

/// The values of a namespace that have an older type.
#[derive(Debug, Serialize)]
pub(crate) struct Migration {
    #[serde(flatten)]
    pub(crate) changes: PairChanges,
    /// The number of values that have none of their key's types.
    pub(crate) misfits: u64,
    #[serde(skip)]
    keys: KeyTable,
}

impl Migration {
    /// Reads all values if any key has older types. Calls `begin` with the number of keys.
    pub(crate) async fn plan(
        auditor: &Auditor<'_>,
        place: Place<'_>,
        begin: &(dyn Fn(u64) + Sync),
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, DataError> {
        let mut migration =
            Self { changes: PairChanges::default(), misfits: 0, keys: KeyTable::default() };
        if !auditor.has_generations() {
            return Ok(migration);
        }
        let listed = Listed::of(place).await?;
        begin(listed.keys());
        for batch in listed.batches(None, place.jobs) {
            place.interrupt.check()?;
            let pairs = read(place, batch).await?;
            progress(pairs.len() as u64);
            for pair in pairs {
                match auditor.fit(&pair.key, &pair.value) {
                    None => {}
                    Some(Fit::Newest) => migration.changes.equal += 1,
                    Some(Fit::Not(_)) => migration.misfits += 1,
                    // A pair that is about to expire cannot be written, and does not need to be.
                    Some(Fit::Older(_)) if is_over(at(pair.expiration), place.store.now()) => {
                        migration.changes.expired += 1;
                    }
                    Some(Fit::Older(newest)) => {
                        let old = pair.value.len() as u64;
                        migration.changes.add(&pair.key, newest.len() as u64, Some(old));
                        migration.keys.push(&pair.key, pair.expiration);
                    }
                }
            }
        }
        Ok(migration)
    }

    /// The keys to rewrite.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        (0..self.keys.len()).filter_map(|index| Some(self.keys.get(index)?.0))
    }

    /// Rewrites the values. Reads each value again just before writing it, and skips it if it has the newest
    /// type by then. A write by the application in between is lost, since Workers KV has no conditional
    /// writes.
    pub(crate) async fn apply(
        self,
        auditor: &Auditor<'_>,
        place: Place<'_>,
        progress: &(dyn Fn(Written) + Sync),
        each: &(dyn Fn(&RawPair) + Sync),
    ) -> Result<(), DataError> {
        let keys: Vec<usize> = (0..self.keys.len()).collect();
        let rewrite = |some: &[usize]| {
            let infos = some.iter().filter_map(|index| {
                let (name, expiration) = self.keys.get(*index)?;
                Some(KeyInfo { expiration, ..KeyInfo::new(name) })
            });
            let infos: Vec<_> = infos.collect();
            async move {
                let place = Place { jobs: 1, ..place };
                place.interrupt.check()?;
                let now = place.store.now();
                let pairs = read(place, infos).await?.into_iter().filter_map(|pair| {
                    let expiry = at(pair.expiration);
                    match auditor.fit(&pair.key, &pair.value) {
                        Some(Fit::Older(newest)) if !is_over(expiry, now) => {
                            let options = PutOptions { metadata: pair.metadata, expiry };
                            Some(RawPair::new(pair.key, newest.into(), options))
                        }
                        _ => None,
                    }
                });
                let pairs: Vec<_> = pairs.collect();
                let bytes = pairs.iter().map(|pair| pair.value.len() as u64).sum();
                let keys = pairs.len();
                pairs.iter().for_each(each);
                let written = place.store.put_many(pairs).await;
                written.map_err(DataError::store("write pairs", place.interrupt))?;
                progress(Written { keys, bytes });
                Ok(())
            }
        };
        let chunks: Vec<_> = keys.chunks(MAX_BULK_GET_KEYS).map(rewrite).collect();
        stream::iter(chunks).buffer_unordered(place.jobs).try_collect().await
    }
}

fn at(expiration: Option<u64>) -> Option<Expiry> {
    expiration.map(Expiry::At)
}
