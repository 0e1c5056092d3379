//! Many changes: cut into requests, several in flight, stopped cleanly.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::super::observe::Place;
use super::change::{Change, Unconfirmed};

/// A batch, and which of its keys are not confirmed.
type Answered<'a, C> = (&'a [C], Unconfirmed);

/// Requests of which some are in flight. After a stop no further one is begun, and those in flight
/// are waited for: whether they were applied is then known.
pub(super) struct Requests<'a, C> {
    place: Place<'a>,
    /// What is not sent yet.
    unsent: &'a [C],
    in_flight: FuturesUnordered<BoxFuture<'a, Answered<'a, C>>>,
    is_stopped: bool,
}

impl<'a, C: Change> Requests<'a, C> {
    /// Requests that are made when their turn comes.
    pub(super) fn new(place: Place<'a>, changes: &'a [C]) -> Self {
        Self { place, unsent: changes, in_flight: FuturesUnordered::new(), is_stopped: false }
    }

    /// The next batch that was answered; `None` when all were, or those that were in flight when it
    /// was stopped.
    pub(super) async fn next(&mut self) -> Option<Answered<'a, C>> {
        let place = self.place;
        while self.in_flight.len() < place.jobs
            && !self.unsent.is_empty()
            && !self.is_stopped
            && !place.interrupt.is_set()
        {
            let (batch, rest) = self.unsent.split_at(C::cut(place.remote, self.unsent));
            self.unsent = rest;
            let sent = C::send(place, batch);
            self.in_flight.push(sent.map(move |answer| (batch, answer)).boxed());
        }
        self.in_flight.next().await
    }

    /// Begins no further request.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// What was never sent.
    pub(super) fn unsent(&self) -> &'a [C] {
        self.unsent
    }
}
