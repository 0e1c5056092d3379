//! Whoever runs a deploy: it is shown the plan, asked for consent, and told what happens.

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
        /// How many keys, where that is known.
        keys: Option<u64>,
    },
    /// An export goes on with what an earlier one left.
    GoingOn {
        /// The namespace's id.
        id: &'a str,
        /// When that began: what was written then is not read again.
        since: Time,
    },
    /// Pairs were read.
    Read {
        /// How many.
        keys: u64,
        /// How many bytes were made of them.
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
    /// Values of `env(...)` are not kept.
    NotKept {
        /// The namespace's id.
        id: &'a str,
        /// The keys.
        keys: &'a [String],
    },
    /// Something takes longer than it should.
    Waiting {
        /// What is waited for.
        what: &'a str,
    },
    /// What is there changed since a plan was agreed to.
    Changed,
    /// Another deploy holds the lock, and is waited for.
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

/// How somebody agreed to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Beforehand, whatever it is.
    Given,
    /// To this plan, after a while.
    Asked,
}

/// Whoever runs a deploy.
#[async_trait]
pub(crate) trait Host: Send + Sync {
    /// Is shown what is about to be done, before anything is.
    fn show(&self, plan: &Plan);

    /// Agrees to the plan; an error says why not.
    async fn consent(&self, plan: &Plan) -> Result<Consent, DeployError>;

    /// Is shown which pairs are about to be written, before any is.
    fn show_data(&self, plans: &[DataPlan]);

    /// Agrees to that; an error says why not.
    async fn consent_to_data(&self, plans: &[DataPlan]) -> Result<Consent, DeployError>;

    /// Is told what happens.
    fn event(&self, event: Event<'_>);
}

/// A program that calls `deploy()`: the call is its consent, and it looks at the result.
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
