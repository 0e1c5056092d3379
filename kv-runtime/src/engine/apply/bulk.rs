//! Many keys: cut into requests, several in flight, stopped cleanly.

use std::collections::HashSet;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use kv_rules::{MAX_BULK_BYTES, MAX_BULK_PAIRS};

use super::super::plan::Put;
use super::super::remote::{Pair, Remote, RemoteError};
use crate::base::Interrupt;

/// One request's share of the keys to write.
pub(super) struct PutBatch<'a, 'p> {
    pub(super) puts: &'a [Put<'p>],
    pub(super) pairs: Vec<Pair<'p>>,
}

/// Cuts the keys to write into as few requests as `remote` allows.
pub(super) fn put_batches<'a, 'p>(
    remote: &'a dyn Remote,
    puts: &'a [Put<'p>],
) -> impl Iterator<Item = PutBatch<'a, 'p>> {
    let mut rest = puts;
    std::iter::from_fn(move || {
        let (mut pairs, mut cost) = (Vec::new(), 0);
        for put in rest.iter().take(MAX_BULK_PAIRS) {
            let pair = put.pair.as_pair();
            cost += remote.cost(&pair);
            // A pair that could not be written with others is written alone.
            if cost >= MAX_BULK_BYTES && !pairs.is_empty() {
                break;
            }
            pairs.push(pair);
        }
        let (puts, left) = rest.split_at(pairs.len());
        rest = left;
        (!puts.is_empty()).then_some(PutBatch { puts, pairs })
    })
}

/// A batch, and which of its keys are not confirmed.
pub(super) type Sent<'a, B> = BoxFuture<'a, (B, Result<HashSet<String>, RemoteError>)>;

/// Requests of which some are in flight. After the first error or an interrupt no further one is
/// begun, and those in flight are waited for: whether they were applied is then known.
pub(super) struct Requests<'a, B, I> {
    waiting: I,
    in_flight: FuturesUnordered<Sent<'a, B>>,
    jobs: usize,
    interrupt: &'a Interrupt,
    failed: Option<RemoteError>,
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
    pub(super) fn finish(self) -> Result<(), RemoteError> {
        self.failed.map_or(Ok(()), Err)
    }
}
