//! Waiting for what Cloudflare has done to be seen.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::Instant;

/// Asks again until the answer satisfies, or until the time is up; then the last answer is given.
pub(super) async fn until<T, E, F: Future<Output = Result<T, E>>>(
    limit: Duration,
    ask: impl Fn() -> F,
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
        let Some(wait) = waits.next().filter(|wait| begun.elapsed() + *wait < limit) else {
            return Ok(answer);
        };
        if satisfies(&answer) {
            return Ok(answer);
        }
        tokio::time::sleep(wait).await;
    }
}
