//! Pairs as a memory store keeps them: each with the time at which it expires, listed page by page.

use bytes::Bytes;
use kv_rules::Expiry;

use crate::raw::{KeyInfo, KeyPage, PutOptions, StoredValue};

/// Converts a pair written at `now` to its kept form.
pub(super) fn kept(value: Bytes, options: PutOptions, now: u64) -> StoredValue {
    let PutOptions { metadata, expiry, .. } = options;
    let expiration = expiry.map(|expiry| match expiry {
        Expiry::Ttl(seconds) => now.saturating_add(seconds),
        Expiry::At(seconds) => seconds,
    });
    StoredValue { value, metadata, expiration }
}

pub(super) fn is_alive(stored: &StoredValue, now: u64) -> bool {
    stored.expiration.is_none_or(|expiration| expiration > now)
}

/// Returns a page of at most `limit` pairs that have not expired. Its cursor is its last key.
pub(super) fn page<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a StoredValue)>,
    limit: usize,
    now: u64,
) -> KeyPage {
    let mut alive =
        pairs.filter(|(_, stored)| is_alive(stored, now)).map(|(key, stored)| KeyInfo {
            name: key.clone(),
            expiration: stored.expiration,
            metadata: stored.metadata.clone(),
        });
    let keys: Vec<_> = alive.by_ref().take(limit).collect();
    let more = alive.next().is_some();
    let cursor = keys.last().filter(|_| more).map(|key| key.name.clone());
    KeyPage { keys, cursor }
}
