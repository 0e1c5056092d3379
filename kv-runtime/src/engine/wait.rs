//! Waits until changes at Cloudflare become visible.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use kv_rules::Time;
use tokio::time::Instant;

use super::remote::{RemoteError, RemoteErrorKind};
use crate::base::{Interrupt, Interrupted};

/// How long requests to a new namespace may get "not found"
/// (<https://developers.cloudflare.com/kv/concepts/how-kv-works/#consistency>).
pub(super) const SETTLING: Duration = Duration::from_secs(20);

/// How much longer a namespace that was created at `since` may be invisible. Ignores a time further in the
/// future than clocks can differ.
pub(super) fn settling(since: Time) -> Option<Duration> {
    let now = Time::now();
    if since.since(now) > SETTLING {
        return None;
    }
    SETTLING.checked_sub(now.since(since)).filter(|left| !left.is_zero())
}

/// Repeats a request to a namespace that is known to exist, as long as Cloudflare does not find it.
pub(super) async fn while_unseen<T, F: Future<Output = Result<T, RemoteError>>>(
    interrupt: &Interrupt,
    mut send: impl FnMut() -> F,
) -> Result<T, RemoteError> {
    let ask = || {
        let sent = send();
        async {
            match sent.await {
                Err(error) if error.is(RemoteErrorKind::NamespaceNotFound) => Ok(Err(error)),
                result => result.map(Ok),
            }
        }
    };
    until(interrupt, SETTLING, ask, Result::is_ok).await?
}

/// Repeats `ask` until its answer satisfies the condition or the time is up, and returns the last answer.
/// Returns an error if the run is interrupted in the meantime.
pub(super) async fn until<T, E: From<Interrupted>, F: Future<Output = Result<T, E>>>(
    interrupt: &Interrupt,
    limit: Duration,
    mut ask: impl FnMut() -> F,
    satisfies: impl Fn(&T) -> bool,
) -> Result<T, E> {
    let begun = Instant::now();
    let mut waits = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(3))
        .without_max_times()
        .with_jitter()
        .build();
    loop {
        let answer = ask().await?;
        if satisfies(&answer) {
            return Ok(answer);
        }
        let Some(wait) = waits.next().filter(|wait| begun.elapsed() + *wait < limit) else {
            return Ok(answer);
        };
        interrupt.sleep(wait).await?;
    }
}
