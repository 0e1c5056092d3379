//! Compares declared pairs with what is stored under their keys, in as few requests as the API
//! allows.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use kv_rules::{Expiry, MAX_BULK_GET_KEYS, MAX_LIST_KEYS};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::error::DeployError;
use super::super::resolve::Pair;
use super::super::wait;
use super::keys::KeyPages;
use crate::api::{ApiError, Namespaces};
use crate::interrupt::Interrupt;

/// What is stored under the key of a declared pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Nothing.
    Missing,
    /// What is declared.
    Same,
    /// Something else.
    Other {
        /// How many bytes its value has.
        bytes: u64,
    },
}

/// When a pair that has a time to live was written, as far as that is known: it tells whether the
/// expiration that is stored can be the one of that write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Written {
    /// At any time.
    Ever,
    /// Not before this.
    Since(Timestamp),
}

/// A namespace whose keys are compared.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) api: &'a Namespaces,
    /// Its id in the declarations.
    pub(crate) id: &'a str,
    pub(crate) namespace_id: &'a str,
    pub(crate) interrupt: &'a Interrupt,
    /// How many requests are in flight.
    pub(crate) jobs: usize,
}

/// What is stored under each of some keys, in their order.
pub(crate) async fn compare(
    place: Place<'_>,
    pairs: &[&Pair],
    written: Written,
) -> Result<Vec<Stored>, ApiError> {
    let requests = pairs.chunks(MAX_BULK_GET_KEYS).map(|pairs| chunk(place, pairs, written));
    // Collected first: the compiler cannot see that a stream which makes them is `Send`.
    stream::iter(requests.collect::<Vec<_>>()).buffered(place.jobs).try_concat().await
}

/// What is stored under keys of which the state knows nothing, by key; those that are missing are
/// left out. `known` is how many keys of the namespace the state knows.
///
/// Reading costs a request for each hundred keys, listing one for each thousand of the namespace:
/// where listing can be cheaper, it leaves only those to be read that are there.
pub(crate) async fn existing(
    place: Place<'_>,
    pairs: &[&Pair],
    known: usize,
) -> Result<HashMap<String, Stored>, DeployError> {
    let reads = pairs.len().div_ceil(MAX_BULK_GET_KEYS);
    let pairs = if known.div_ceil(MAX_LIST_KEYS) + 1 < reads {
        listed(place, pairs, reads).await?
    } else {
        pairs.to_vec()
    };
    let stored = compare(place, &pairs, Written::Ever).await;
    let stored = stored.map_err(DeployError::request(place.id, "read the declared keys"))?;
    let existing = pairs.iter().zip(stored).filter(|(_, stored)| *stored != Stored::Missing);
    Ok(existing.map(|(pair, stored)| (pair.key.to_string(), stored)).collect())
}

/// Which of some keys are there.
pub(crate) async fn present(place: Place<'_>, keys: &[&str]) -> Result<HashSet<String>, ApiError> {
    let requests = keys.chunks(MAX_BULK_GET_KEYS).map(|keys| present_of(place, keys));
    let present = stream::iter(requests.collect::<Vec<_>>()).buffer_unordered(place.jobs);
    present.try_concat().await
}

async fn present_of(place: Place<'_>, keys: &[&str]) -> Result<HashSet<String>, ApiError> {
    let Place { api, namespace_id, interrupt, .. } = place;
    let get = || api.bulk_get_with_metadata(namespace_id, keys);
    match wait::while_unseen(interrupt, get).await {
        Ok(values) => Ok(values.into_iter().filter(|(_, v)| v.is_some()).map(|(k, _)| k).collect()),
        Err(error) if error.is_not_text() => {
            let mut present = HashSet::new();
            for key in keys {
                if api.value(namespace_id, key).await?.is_some() {
                    present.insert((*key).to_owned());
                }
            }
            Ok(present)
        }
        Err(error) => Err(error),
    }
}

/// The pairs whose keys a listing has, and those that come after its first `most` pages.
async fn listed<'a>(
    place: Place<'_>,
    pairs: &[&'a Pair],
    most: usize,
) -> Result<Vec<&'a Pair>, DeployError> {
    let wanted: HashSet<&str> = pairs.iter().map(|pair| pair.key.as_ref()).collect();
    let mut pages = KeyPages::new(place.api, place.id, place.namespace_id, place.interrupt);
    let (mut there, mut last) = (HashSet::new(), String::new());
    for _ in 0..most {
        let Some(keys) = pages.next().await? else {
            return Ok(pairs.iter().copied().filter(|p| there.contains(p.key.as_ref())).collect());
        };
        for key in keys {
            if let Some(key) = wanted.get(key.as_str()) {
                there.insert(*key);
            }
            last = key;
        }
    }
    let perhaps = |pair: &&&Pair| there.contains(pair.key.as_ref()) || pair.key.as_ref() > &*last;
    Ok(pairs.iter().filter(perhaps).copied().collect())
}

/// Compares as many keys as one request can ask for.
fn chunk<'a>(
    place: Place<'a>,
    pairs: &'a [&'a Pair],
    written: Written,
) -> BoxFuture<'a, Result<Vec<Stored>, ApiError>> {
    async move {
        // A value that is not text fails the whole request: such a pair is asked for by itself.
        let is_text = |pair: &Pair| str::from_utf8(&pair.value).is_ok();
        let texts: Vec<&Pair> = pairs.iter().copied().filter(|pair| is_text(pair)).collect();
        let mut stored = texts_of(place, &texts, written).await?.into_iter();
        let mut all = Vec::with_capacity(pairs.len());
        for pair in pairs {
            all.push(if is_text(pair) {
                stored.next().unwrap_or(Stored::Missing)
            } else {
                alone(place, pair, written).await?
            });
        }
        Ok(all)
    }
    .boxed()
}

/// Compares pairs whose declared values are text. What is stored may not be: then they are halved
/// until it stands alone.
fn texts_of<'a>(
    place: Place<'a>,
    pairs: &'a [&'a Pair],
    written: Written,
) -> BoxFuture<'a, Result<Vec<Stored>, ApiError>> {
    async move {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let Place { api, namespace_id, interrupt, .. } = place;
        let keys: Vec<_> = pairs.iter().map(|pair| pair.key.as_ref()).collect();
        let get = || api.bulk_get_with_metadata(namespace_id, &keys);
        match wait::while_unseen(interrupt, get).await {
            Ok(mut values) => {
                let now = Timestamp::now();
                let stored = |pair: &&Pair| match values.remove(pair.key.as_ref()).flatten() {
                    None => Stored::Missing,
                    Some(found) => {
                        let (value, metadata) = (found.value.as_bytes(), found.metadata.as_deref());
                        judge(pair, value, metadata, found.expiration, written, now)
                    }
                };
                Ok(pairs.iter().map(stored).collect())
            }
            Err(error) if error.is_not_text() && pairs.len() > 1 => {
                let (first, second) = pairs.split_at(pairs.len() / 2);
                let mut stored = texts_of(place, first, written).await?;
                stored.extend(texts_of(place, second, written).await?);
                Ok(stored)
            }
            Err(error) if error.is_not_text() => Ok(vec![alone(place, pairs[0], written).await?]),
            Err(error) => Err(error),
        }
    }
    .boxed()
}

async fn alone(place: Place<'_>, pair: &Pair, written: Written) -> Result<Stored, ApiError> {
    let Place { api, namespace_id, interrupt, .. } = place;
    let value = wait::while_unseen(interrupt, || api.value(namespace_id, &pair.key)).await?;
    let Some(value) = value else { return Ok(Stored::Missing) };
    let metadata = api.metadata(namespace_id, &pair.key).await?;
    let (bytes, now): (&Bytes, _) = (&value.bytes, Timestamp::now());
    Ok(judge(pair, bytes, metadata.as_deref(), value.expiration, written, now))
}

fn judge(
    pair: &Pair,
    value: &[u8],
    metadata: Option<&RawValue>,
    expiration: Option<u64>,
    written: Written,
    now: Timestamp,
) -> Stored {
    let same = pair.value.as_ref() == value
        && is_same_metadata(pair.metadata.as_deref(), metadata)
        && is_same_expiration(pair.expiry, expiration, written, now);
    if same { Stored::Same } else { Stored::Other { bytes: value.len() as u64 } }
}

/// Metadata may come back in another order or spacing.
fn is_same_metadata(declared: Option<&str>, found: Option<&RawValue>) -> bool {
    let parsed = |json: &str| serde_json::from_str::<Value>(json).ok();
    let none = |metadata: Option<Value>| metadata.filter(|value| !value.is_null());
    none(declared.and_then(parsed)) == none(found.and_then(|found| parsed(found.get())))
}

/// How far the clocks of two machines may be apart, in seconds.
const SKEW: i64 = 60;

fn is_same_expiration(
    declared: Option<Expiry>,
    found: Option<u64>,
    written: Written,
    now: Timestamp,
) -> bool {
    let found = found.map(|found| i64::try_from(found).unwrap_or(i64::MAX));
    match (declared, found) {
        (None, None) => true,
        (Some(Expiry::At(declared)), Some(found)) => found == i64::from(declared),
        (Some(Expiry::Ttl(ttl)), Some(found)) => {
            let earliest = match written {
                Written::Ever => i64::MIN,
                Written::Since(since) => since.as_second() + i64::from(ttl) - SKEW,
            };
            earliest <= found && found <= now.as_second() + i64::from(ttl) + SKEW
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_900_000_000, 0);

    #[test]
    fn an_expiration_is_the_declared_one_when_a_write_can_have_made_it() {
        let same = |declared, found, written| is_same_expiration(declared, found, written, NOW);
        let hour = Some(Expiry::Ttl(3600));
        assert!(same(None, None, Written::Ever));
        assert!(!same(None, Some(1_900_000_100), Written::Ever));
        assert!(!same(hour, None, Written::Ever));
        assert!(same(hour, Some(1_900_000_100), Written::Ever));
        assert!(same(hour, Some(1_900_003_600), Written::Ever));
        assert!(!same(hour, Some(1_900_009_000), Written::Ever));
        assert!(same(hour, Some(1_900_003_599), Written::Since(NOW)));
        assert!(!same(hour, Some(1_900_000_100), Written::Since(NOW)));
        let at = Some(Expiry::At(1_950_000_000));
        assert!(same(at, Some(1_950_000_000), Written::Ever));
        assert!(!same(at, Some(1_950_000_001), Written::Ever));
    }
}
