//! What the parts of one run share.

use super::interrupt::Interrupt;
use super::redact::Redactor;

/// What the parts of one run share. Clones belong to the same run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunContext {
    /// Ends waits, and requests that take too long to finish.
    pub(crate) interrupt: Interrupt,
    /// Hides the run's secrets in what others say.
    pub(crate) redactor: Redactor,
}
