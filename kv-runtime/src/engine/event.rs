//! What a running deploy tells, for whoever shows it.

use super::plan::Action;

/// Something that happened while a plan was applied.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event<'a> {
    /// Work on a namespace begins.
    Begin {
        /// The namespace's id.
        id: &'a str,
        /// What is done with it.
        action: &'a Action,
        /// How many keys are written.
        puts: usize,
        /// How many bytes their values have.
        bytes: u64,
        /// How many keys are deleted.
        deletes: usize,
    },
    /// Keys were written and confirmed.
    Put {
        /// How many.
        keys: usize,
        /// How many bytes their values have.
        bytes: u64,
    },
    /// Keys were deleted and confirmed.
    Deleted {
        /// How many.
        keys: usize,
    },
    /// Something takes longer than it should.
    Waiting {
        /// What is waited for.
        what: &'a str,
    },
    /// Work on a namespace is done, and the state says so.
    Done {
        /// The namespace's id.
        id: &'a str,
    },
}

/// Hears what a deploy does.
pub(crate) trait Reporter: Send + Sync {
    /// Hears of one event.
    fn event(&self, event: Event<'_>);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Silent;

impl Reporter for Silent {
    fn event(&self, _: Event<'_>) {}
}
