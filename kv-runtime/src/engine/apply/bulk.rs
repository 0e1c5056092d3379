//! Many keys: cut into requests, several in flight, stopped cleanly.

use std::collections::HashSet;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::super::plan::Put;
use super::super::resolve::Pair;
use crate::api::{ApiError, BulkBody, Pair as ApiPair, SealedBody};
use crate::interrupt::Interrupt;

/// One request's share of the keys to write.
pub(super) struct PutBatch<'a, 'p> {
    pub(super) body: SealedBody<'p>,
    pub(super) puts: &'a [Put<'p>],
}

/// Cuts the keys to write into request bodies, each built when it is about to be sent.
pub(super) fn put_batches<'a, 'p>(puts: &'a [Put<'p>]) -> impl Iterator<Item = PutBatch<'a, 'p>> {
    let mut rest = puts;
    std::iter::from_fn(move || {
        let mut body = BulkBody::new();
        let fits = |put: &&Put<'p>| {
            let pair: &'p Pair = put.pair;
            body.push(&ApiPair {
                key: &pair.key,
                value: &pair.value,
                metadata: pair.metadata.as_deref(),
                expiry: pair.expiry,
            })
        };
        let (batch, left) = rest.split_at(rest.iter().take_while(fits).count());
        rest = left;
        (!batch.is_empty()).then(|| PutBatch { body: body.seal(), puts: batch })
    })
}

/// A batch, and which of its keys are not confirmed.
pub(super) type Sent<'a, B> = BoxFuture<'a, (B, Result<HashSet<String>, ApiError>)>;

/// Requests of which some are in flight. After the first error or an interrupt no further one is
/// begun, and those in flight are waited for: whether they were applied is then known.
pub(super) struct Requests<'a, B, I> {
    waiting: I,
    in_flight: FuturesUnordered<Sent<'a, B>>,
    jobs: usize,
    interrupt: &'a Interrupt,
    failed: Option<ApiError>,
}

impl<'a, B, I: Iterator<Item = Sent<'a, B>>> Requests<'a, B, I> {
    /// Requests that are made when their turn comes, `jobs` at a time.
    pub(super) fn new(requests: I, jobs: usize, interrupt: &'a Interrupt) -> Self {
        let in_flight = FuturesUnordered::new();
        Self { waiting: requests, in_flight, jobs, interrupt, failed: None }
    }

    /// The next batch that was applied, and which of its keys are not confirmed. `None`: all were
    /// applied, or one failed, or there was an interrupt.
    pub(super) async fn next(&mut self) -> Option<(B, HashSet<String>)> {
        loop {
            while self.in_flight.len() < self.jobs && !self.is_stopped() {
                let Some(request) = self.waiting.next() else { break };
                self.in_flight.push(request);
            }
            match self.in_flight.next().await? {
                (batch, Ok(failed)) => return Some((batch, failed)),
                (_, Err(error)) => {
                    self.failed.get_or_insert(error);
                }
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.failed.is_some() || self.interrupt.is_set()
    }

    /// The first error.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        self.failed.map_or(Ok(()), Err)
    }
}
