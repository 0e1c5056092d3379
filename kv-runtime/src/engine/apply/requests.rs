//! Sends many changes in batches, with several requests in flight, and stops cleanly.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use kv_rules::MAX_BULK_PAIRS;

use super::super::observe::Place;
use super::change::{Change, Unconfirmed};

/// The most bytes in one request, unless a single pair has more. Cloudflare accepts 100 MB, but with smaller
/// requests, several in flight need little memory, and a failed one repeats little.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes in all requests in flight, unless a single one has more.
const MOST_BYTES_IN_FLIGHT: usize = 16 * 1024 * 1024;

/// A batch, and which of its keys are not confirmed.
type Answered<'a, C> = (&'a [C], Unconfirmed);

/// A sequence of requests, several of which are in flight. After a stop, no other request is built, and those
/// in flight are awaited, so that it is known whether they were applied.
pub(super) struct Requests<'a, C> {
    place: Place<'a>,
    /// The changes that are not sent yet.
    unsent: &'a [C],
    in_flight: FuturesUnordered<BoxFuture<'a, Answered<'a, C>>>,
    bytes_in_flight: usize,
    is_stopped: bool,
}

impl<'a, C: Change> Requests<'a, C> {
    /// Splits changes into requests, which are sent only by [`next`](Self::next).
    pub(super) fn new(place: Place<'a>, changes: &'a [C]) -> Self {
        let in_flight = FuturesUnordered::new();
        Self { place, unsent: changes, in_flight, bytes_in_flight: 0, is_stopped: false }
    }

    /// Builds a request, if one more may be in flight. It is sent by [`next`](Self::next).
    pub(super) fn build(&mut self) -> bool {
        let place = self.place;
        if self.in_flight.len() >= place.jobs
            || self.unsent.is_empty()
            || self.is_stopped
            || place.interrupt.is_set()
        {
            return false;
        }
        let (count, bytes) = cut(self.unsent);
        if self.bytes_in_flight > 0 && self.bytes_in_flight + bytes > MOST_BYTES_IN_FLIGHT {
            return false;
        }
        let (batch, rest) = self.unsent.split_at(count);
        self.unsent = rest;
        self.bytes_in_flight += bytes;
        let sent = C::send(place, batch);
        self.in_flight.push(sent.map(move |answer| (batch, answer)).boxed());
        true
    }

    /// The next batch with a response; `None` once all have one or, after a stop, once those in flight have
    /// one.
    pub(super) async fn next(&mut self) -> Option<Answered<'a, C>> {
        loop {
            let is_built = self.build();
            let answered = match self.in_flight.next().now_or_never() {
                Some(answered) => answered?,
                // A request is sent while the next one is built.
                None if is_built => continue,
                None => self.in_flight.next().await?,
            };
            self.bytes_in_flight -= answered.0.iter().map(C::cost).sum::<usize>();
            return Some(answered);
        }
    }

    /// Builds no more requests.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// The changes that were never sent.
    pub(super) fn unsent(&self) -> &'a [C] {
        self.unsent
    }
}

/// How many of the first changes fit into one request, and how many bytes they take.
fn cut<C: Change>(changes: &[C]) -> (usize, usize) {
    let (mut count, mut bytes) = (0, 0);
    for change in changes.iter().take(MAX_BULK_PAIRS) {
        if count > 0 && bytes + change.cost() > MOST_BYTES {
            break;
        }
        count += 1;
        bytes += change.cost();
    }
    (count, bytes)
}
