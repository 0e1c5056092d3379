//! Compares declared pairs with what is stored under their keys, in as few requests as the API
//! allows.

use std::collections::{HashMap, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use kv_rules::Time;
use kv_rules::{Expiry, MAX_BULK_GET_KEYS, MAX_LIST_KEYS};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::error::DeployError;
use super::super::remote::{Remote, RemoteError, Wanted};
use super::super::resolve::{DeclaredPair, stored_values};
use super::super::wait;
use super::keys::KeyPages;
use crate::base::Interrupt;
use crate::raw::StoredValue;

/// What is stored under the key of a declared pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Nothing.
    Missing,
    /// The declared pair.
    Same,
    /// Something else.
    Other {
        /// How many bytes its value has.
        bytes: u32,
    },
}

/// When a pair with a TTL was written, as far as that is known. It decides whether the stored expiration can
/// come from that write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Written {
    /// At an unknown time.
    Ever,
    /// Not before this.
    Since(Time),
}

/// A namespace whose keys are compared.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) remote: &'a dyn Remote,
    /// Its id in the declarations.
    pub(crate) id: &'a str,
    pub(crate) namespace_id: &'a str,
    pub(crate) interrupt: &'a Interrupt,
    /// How many requests are in flight at once.
    pub(crate) jobs: usize,
}

/// What is stored under each of some keys, in their order.
pub(crate) async fn compare(
    place: Place<'_>,
    pairs: &[&DeclaredPair],
    written: Written,
) -> Result<Vec<Stored>, RemoteError> {
    let requests = pairs.chunks(MAX_BULK_GET_KEYS).map(|pairs| chunk(place, pairs, written));
    // Collect the requests first, because the compiler cannot prove that a lazy stream of them is `Send`.
    stream::iter(requests.collect::<Vec<_>>()).buffered(place.jobs).try_concat().await
}

/// What is stored under keys that the state does not have, by key. Missing keys are left out. `known` is how
/// many keys of the namespace the state has.
///
/// Reading takes one request per hundred keys, and listing takes one per thousand keys of the namespace. If
/// listing can be cheaper, the keys are listed first, and only those that exist are read.
pub(crate) async fn existing(
    place: Place<'_>,
    pairs: &[&DeclaredPair],
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

/// Which of these keys exist.
pub(crate) async fn present(
    place: Place<'_>,
    keys: &[&str],
) -> Result<HashSet<String>, RemoteError> {
    let requests = keys.chunks(MAX_BULK_GET_KEYS).map(|keys| present_of(place, keys));
    let present = stream::iter(requests.collect::<Vec<_>>()).buffer_unordered(place.jobs);
    present.try_concat().await
}

async fn present_of(place: Place<'_>, keys: &[&str]) -> Result<HashSet<String>, RemoteError> {
    let wanted: Vec<_> = keys.iter().map(|&key| Wanted { key, is_text: true }).collect();
    let found = get(place, &wanted).await?;
    let present = keys.iter().zip(found).filter(|(_, found)| found.is_some());
    Ok(present.map(|(key, _)| (*key).to_owned()).collect())
}

/// The pairs whose keys are in a listing, and those that would come after its first `most` pages.
async fn listed<'a>(
    place: Place<'_>,
    pairs: &[&'a DeclaredPair],
    most: usize,
) -> Result<Vec<&'a DeclaredPair>, DeployError> {
    let wanted: HashSet<&str> = pairs.iter().map(|pair| pair.key.as_str()).collect();
    let mut pages = KeyPages::new(place.remote, place.id, place.namespace_id, place.interrupt);
    let (mut there, mut last) = (HashSet::new(), String::new());
    for _ in 0..most {
        let Some(keys) = pages.next().await? else {
            return Ok(pairs.iter().copied().filter(|p| there.contains(p.key.as_str())).collect());
        };
        for key in keys {
            if let Some(key) = wanted.get(key.as_str()) {
                there.insert(*key);
            }
            last = key;
        }
    }
    let perhaps =
        |pair: &&&DeclaredPair| there.contains(pair.key.as_str()) || pair.key.as_str() > &*last;
    Ok(pairs.iter().filter(perhaps).copied().collect())
}

/// Compares the keys of one request.
async fn chunk(
    place: Place<'_>,
    pairs: &[&DeclaredPair],
    written: Written,
) -> Result<Vec<Stored>, RemoteError> {
    let values = stored_values(pairs)?;
    let wanted = pairs.iter().zip(&values).map(|(pair, value)| Wanted {
        key: pair.key.as_str(),
        is_text: str::from_utf8(value).is_ok(),
    });
    let found = get(place, &wanted.collect::<Vec<_>>()).await?;
    let now = Time::now();
    let stored = pairs.iter().zip(values).zip(found).map(|((pair, value), found)| match found {
        None => Stored::Missing,
        Some(found) => judge(pair, &value, &found, written, now),
    });
    Ok(stored.collect())
}

async fn get(
    place: Place<'_>,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Option<StoredValue>>, RemoteError> {
    let get = || place.remote.bulk_get(place.namespace_id, wanted);
    wait::while_unseen(place.interrupt, get).await
}

fn judge(
    pair: &DeclaredPair,
    declared: &[u8],
    found: &StoredValue,
    written: Written,
    now: Time,
) -> Stored {
    let StoredValue { value, metadata, expiration } = found;
    let same = declared == value.as_ref()
        && is_same_metadata(pair.metadata(), metadata.as_deref())
        && is_same_expiration(pair.expiry(), *expiration, written, now);
    if same {
        return Stored::Same;
    }
    Stored::Other { bytes: u32::try_from(value.len()).unwrap_or(u32::MAX) }
}

/// Compares metadata as parsed JSON, because the order of members and the whitespace may differ.
fn is_same_metadata(declared: Option<&str>, found: Option<&RawValue>) -> bool {
    let parsed = |json: &str| serde_json::from_str::<Value>(json).ok();
    let none = |metadata: Option<Value>| metadata.filter(|value| !value.is_null());
    none(declared.and_then(parsed)) == none(found.and_then(|found| parsed(found.get())))
}

/// How much the clocks of two machines may differ, in seconds.
const SKEW: i128 = 60;

fn is_same_expiration(
    declared: Option<Expiry>,
    found: Option<u64>,
    written: Written,
    now: Time,
) -> bool {
    match (declared, found) {
        (None, None) => true,
        (Some(Expiry::At(declared)), Some(found)) => found == declared,
        (Some(Expiry::Ttl(ttl)), Some(found)) => {
            let end_of_write = |at: Time| i128::from(at.unix()) + i128::from(ttl);
            let earliest = match written {
                Written::Ever => i128::MIN,
                Written::Since(since) => end_of_write(since) - SKEW,
            };
            (earliest..=end_of_write(now) + SKEW).contains(&i128::from(found))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix(1_900_000_000);

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
