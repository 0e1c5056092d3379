//! Stopping a deploy between two requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks a deploy to stop: the requests in flight are finished, the state is written. Clones ask
/// the same deploy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks to stop.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
