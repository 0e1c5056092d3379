//! The host of a deploy, which shows the plan, gives consent, and receives events.

use async_trait::async_trait;
use kv_rules::Time;

use super::data::DataPlan;
use super::error::DeployError;
use super::plan::{Action, Plan};
use crate::state::Holder;

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
    /// The pairs of a namespace are read.
    Reading {
        /// What for.
        verb: &'static str,
        /// The namespace's id.
        id: &'a str,
        /// How many keys, if that is known.
        keys: Option<u64>,
    },
    /// An export continues an earlier one.
    GoingOn {
        /// The namespace's id.
        id: &'a str,
        /// When the earlier one began; what it exported is not read again.
        since: Time,
    },
    /// Pairs were read.
    Read {
        /// How many.
        keys: u64,
        /// How many bytes they have in the export.
        bytes: u64,
    },
    /// No more pairs of the namespace are read.
    ReadAll,
    /// The pairs of a namespace are written.
    Writing {
        /// What for.
        verb: &'static str,
        /// The namespace's id.
        id: &'a str,
        /// How many keys.
        keys: u64,
        /// How many bytes their values have.
        bytes: u64,
    },
    /// Values of `env(...)` are not saved for an undo.
    NotKept {
        /// The namespace's id.
        id: &'a str,
        /// The keys.
        keys: &'a [String],
    },
    /// Something takes longer than usual.
    Waiting {
        /// What the run is waiting for.
        what: &'a str,
    },
    /// Something changed after the user agreed to a plan.
    Changed,
    /// The run waits for another deploy, which holds the lock.
    Locked {
        /// Who holds it, if that is known.
        holder: Option<&'a Holder>,
    },
    /// Work on a namespace is done, and the state says so.
    Done {
        /// The namespace's id.
        id: &'a str,
    },
}

/// How the host agreed to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// In advance, to any plan.
    Given,
    /// To this plan, after the user was asked, which takes time.
    Asked,
}

/// The host of a deploy.
#[async_trait]
pub(crate) trait Host: Send + Sync {
    /// Shows the plan, before anything is done.
    fn show(&self, plan: &Plan);

    /// Agrees to the plan, or returns why not.
    async fn consent(&self, plan: &Plan) -> Result<Consent, DeployError>;

    /// Shows which pairs will be written, before any is written.
    fn show_data(&self, plans: &[DataPlan]);

    /// Agrees to writing these pairs, or returns why not.
    async fn consent_to_data(&self, plans: &[DataPlan]) -> Result<Consent, DeployError>;

    /// Handles an event.
    fn event(&self, event: Event<'_>);
}

/// The host for a program that calls `deploy()`: the call is the consent, and events are ignored.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Caller;

#[async_trait]
impl Host for Caller {
    fn show(&self, _: &Plan) {}

    async fn consent(&self, _: &Plan) -> Result<Consent, DeployError> {
        Ok(Consent::Given)
    }

    fn show_data(&self, _: &[DataPlan]) {}

    async fn consent_to_data(&self, _: &[DataPlan]) -> Result<Consent, DeployError> {
        Ok(Consent::Given)
    }

    fn event(&self, _: Event<'_>) {}
}
