//! Stopping a deploy between two requests.

use std::sync::Arc;

use tokio::sync::watch;

/// Asks a deploy to stop: the requests in flight are finished, the state is written. Clones ask
/// the same deploy.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<watch::Sender<bool>>);

impl Interrupt {
    /// Asks to stop.
    pub(crate) fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether a stop was asked for.
    pub(crate) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a stop is asked for.
    pub(crate) async fn wait(&self) {
        // The sender lives as long as `self`, so there is no end but the one that is waited for.
        let _ = self.0.subscribe().wait_for(|set| *set).await;
    }
}

impl Default for Interrupt {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}
