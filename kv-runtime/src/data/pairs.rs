//! Reads pairs, with a few requests at a time.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use kv_rules::{Expiry, MAX_BULK_GET_KEYS};
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::DataError;
use crate::base::Interrupt;
use crate::raw::{GetOptions, KeyInfo, RawPair, RawStore};

/// The namespace to work on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) store: &'a dyn RawStore,
    pub(crate) interrupt: &'a Interrupt,
    /// The number of requests in flight.
    pub(crate) jobs: usize,
}

/// A stored pair. It does not implement `Debug`, since its value can be a secret.
pub(crate) struct StoredPair {
    pub(super) key: String,
    pub(crate) value: Bytes,
    pub(super) metadata: Option<Box<RawValue>>,
    pub(super) expiration: Option<u64>,
}

impl From<RawPair> for StoredPair {
    fn from(RawPair { key, value, options }: RawPair) -> Self {
        let expiration = match options.expiry {
            Some(Expiry::At(at)) => Some(at),
            Some(Expiry::Ttl(_)) | None => None,
        };
        Self { key, value, metadata: options.metadata, expiration }
    }
}

/// Reads the pairs of some keys, by key; missing ones are left out.
pub(crate) async fn read_keys(
    place: Place<'_>,
    keys: Vec<String>,
) -> Result<HashMap<String, StoredPair>, DataError> {
    let keys = keys.into_iter().map(KeyInfo::new).collect();
    let pairs = read(place, keys).await?;
    Ok(pairs.into_iter().map(|pair| (pair.key.clone(), pair)).collect())
}

/// Reads the pairs of some keys whose expirations are known from a listing; missing ones are left out.
pub(super) async fn read(
    place: Place<'_>,
    keys: Vec<KeyInfo<Box<RawValue>>>,
) -> Result<Vec<StoredPair>, DataError> {
    let mut chunks = Vec::new();
    let mut rest = keys.into_iter().peekable();
    while rest.peek().is_some() {
        chunks.push(read_chunk(place, rest.by_ref().take(MAX_BULK_GET_KEYS).collect()));
    }
    stream::iter(chunks).buffered(place.jobs).try_concat().await
}

async fn read_chunk(
    place: Place<'_>,
    keys: Vec<KeyInfo<Box<RawValue>>>,
) -> Result<Vec<StoredPair>, DataError> {
    let Place { store, interrupt, .. } = place;
    interrupt.check()?;
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    let found = store.get_many_with_metadata(&names, GetOptions::default()).await;
    let found = found.map_err(DataError::store("read values", interrupt))?;
    let pairs = keys.into_iter().zip(found).filter_map(|(key, found)| {
        let found = found?;
        let expiration = found.expiration.or(key.expiration);
        Some(StoredPair { key: key.name, value: found.value, metadata: found.metadata, expiration })
    });
    Ok(pairs.collect())
}

/// Whether two texts are the same JSON, where `None` equals `null`.
pub(super) fn is_same_metadata(one: Option<&RawValue>, other: Option<&RawValue>) -> bool {
    let (one, other) = (one.map(RawValue::get), other.map(RawValue::get));
    let parsed = |json: Option<&str>| {
        json.and_then(|json| serde_json::from_str::<Value>(json).ok()).filter(|v| !v.is_null())
    };
    one == other || parsed(one) == parsed(other)
}

/// Whether a pair has expired, or expires too soon for Cloudflare to accept it again.
pub(super) fn is_over(expiry: Option<Expiry>, now: kv_rules::Time) -> bool {
    match expiry {
        Some(Expiry::At(at)) => kv_rules::check_expiration_ahead(at, now).is_err(),
        Some(Expiry::Ttl(_)) | None => false,
    }
}
