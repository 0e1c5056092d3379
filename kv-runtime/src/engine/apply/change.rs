//! The changes of a key: a write or a deletion.

use std::collections::HashSet;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kv_rules::Time;

use super::super::host::Event;
use super::super::observe::{Place, Stored, Written, compare, present};
use super::super::remote::{BulkPut, Confirmation, Pair, RemoteError};
use super::super::resolve::{DeclaredPair, Values};
use super::super::wait;
use crate::state::Keys;

/// The keys of a batch that are not confirmed.
pub(super) type Unconfirmed = Result<HashSet<String>, RemoteError>;

/// A change of one key. Many are sent at once.
pub(super) trait Change: Copy + Send + Sync {
    /// What a request does, for error messages.
    const ACTION: &'static str;

    fn key(&self) -> &str;

    /// How many bytes of a request it takes.
    fn cost(&self) -> usize;

    /// Builds the request for a batch. The future sends it, and returns the keys that are not confirmed.
    fn send<'a>(place: Place<'a>, batch: &'a [Self]) -> BoxFuture<'a, Unconfirmed>;

    /// Records that changes were made.
    fn confirm(confirmed: &[Self], keys: &mut Keys);

    /// The event for changes that were made.
    fn event(confirmed: &[Self]) -> Event<'static>;
}

impl Change for &DeclaredPair {
    const ACTION: &'static str = "write keys";

    fn key(&self) -> &str {
        &self.key
    }

    fn cost(&self) -> usize {
        DeclaredPair::cost(self)
    }

    fn send<'a>(place: Place<'a>, batch: &'a [Self]) -> BoxFuture<'a, Unconfirmed> {
        put(place, batch)
    }

    fn confirm(confirmed: &[Self], keys: &mut Keys) {
        keys.change(confirmed, |pair| pair.key(), |_, record| record.confirmed = true);
    }

    fn event(confirmed: &[Self]) -> Event<'static> {
        // The length of a secret is secret too.
        let shown = confirmed.iter().filter(|pair| pair.secret().is_none());
        let bytes = shown.map(|pair| u64::from(pair.bytes())).sum();
        Event::Put { keys: confirmed.len(), bytes }
    }
}

fn put<'a>(place: Place<'a>, pairs: &'a [&'a DeclaredPair]) -> BoxFuture<'a, Unconfirmed> {
    let build = move || {
        let with_value = |(pair, value): (&&'a DeclaredPair, _)| {
            let (metadata, expiry) = (pair.metadata(), pair.expiry());
            Ok(Pair { key: &pair.key, value: value?, metadata, expiry })
        };
        let put = BulkPut {
            bytes: pairs.iter().map(|pair| pair.request_bytes()).sum(),
            pairs: Box::new(pairs.iter().zip(Values::new(pairs)).map(with_value)),
        };
        place.remote.bulk_put(place.namespace_id, put)
    };
    let mut first = Some(build());
    async move {
        place.interrupt.check()?;
        let begun = Time::now();
        let send = || first.take().unwrap_or_else(build);
        let sent = wait::while_unseen(place.interrupt, send).await?;
        if let Confirmation::AllBut(failed) = sent {
            return Ok(failed.into_iter().collect());
        }
        // The response does not tell what was written, so compare what is stored.
        let stored = compare(place, pairs, Written::Since(begun)).await?;
        let failed = pairs.iter().zip(stored).filter(|(_, stored)| *stored != Stored::Same);
        Ok(failed.map(|(pair, _)| pair.key.to_string()).collect())
    }
    .boxed()
}

/// A key to delete.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deletion<'a> {
    pub(super) key: &'a str,
}

impl Change for Deletion<'_> {
    const ACTION: &'static str = "delete keys";

    fn key(&self) -> &str {
        self.key
    }

    fn cost(&self) -> usize {
        self.key.len()
    }

    fn send<'a>(place: Place<'a>, batch: &'a [Self]) -> BoxFuture<'a, Unconfirmed> {
        delete(place, batch).boxed()
    }

    fn confirm(confirmed: &[Self], keys: &mut Keys) {
        keys.remove(confirmed.iter().map(|deletion| deletion.key));
    }

    fn event(confirmed: &[Self]) -> Event<'static> {
        Event::Deleted { keys: confirmed.len() }
    }
}

async fn delete(place: Place<'_>, batch: &[Deletion<'_>]) -> Unconfirmed {
    let keys: Vec<&str> = batch.iter().map(|deletion| deletion.key).collect();
    let send = || place.remote.bulk_delete(place.namespace_id, &keys);
    if let Confirmation::AllBut(failed) = wait::while_unseen(place.interrupt, send).await? {
        return Ok(failed.into_iter().collect());
    }
    // The response does not tell what was deleted, so check which keys still exist.
    present(place, &keys).await
}
