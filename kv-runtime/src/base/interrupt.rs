//! Stopping a run: waits end at once, requests in flight get a little time, and nothing new begins.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How long a request in flight may still take after a stop is requested.
const GRACE: Duration = Duration::from_secs(10);

/// Asks a run to stop. Clones belong to the same run.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<watch::Sender<bool>>);

/// The run was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted;

impl Interrupt {
    /// Asks to stop.
    pub(crate) fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether a stop was requested.
    pub(crate) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Fails once a stop was requested.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        if self.is_set() { Err(Interrupted) } else { Ok(()) }
    }

    /// Waits until a stop is requested.
    pub(crate) async fn wait(&self) {
        // The sender lives as long as `self`, so the channel cannot close while this waits.
        let _ = self.0.subscribe().wait_for(|set| *set).await;
    }

    /// Sleeps, unless a stop was requested before or is requested meanwhile.
    pub(crate) async fn sleep(&self, duration: Duration) -> Result<(), Interrupted> {
        tokio::select! {
            biased;
            () = self.wait() => Err(Interrupted),
            () = tokio::time::sleep(duration) => Ok(()),
        }
    }

    /// Runs work that should not be interrupted. Once a stop is requested, it has [`GRACE`] left.
    pub(crate) async fn finish<T>(&self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        let overdue = async {
            self.wait().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = overdue => Err(Interrupted),
        }
    }
}

impl Default for Interrupt {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_a_wait_at_once_and_a_request_after_its_grace() {
        let interrupt = Interrupt::default();
        assert_eq!(interrupt.sleep(Duration::from_secs(1)).await, Ok(()));
        let stop = interrupt.clone();
        tokio::spawn(async move { stop.set() });
        let begun = tokio::time::Instant::now();
        assert_eq!(interrupt.sleep(Duration::from_hours(1)).await, Err(Interrupted));
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let answer = tokio::time::sleep(Duration::from_secs(9));
        assert_eq!(interrupt.finish(answer).await, Ok(()));
        assert_eq!(interrupt.finish(std::future::pending::<()>()).await, Err(Interrupted));
        assert_eq!(begun.elapsed(), Duration::from_secs(19));
    }
}
