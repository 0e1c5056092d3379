//! What the parts of one run share.

use super::interrupt::Interrupt;
use super::redact::Redactor;

/// What the parts of one run share. Clones belong to the same run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunContext {
    /// Stops waits, and requests that take too long to finish.
    pub(crate) interrupt: Interrupt,
    /// Hides the run's secrets in text from others.
    pub(crate) redactor: Redactor,
}
