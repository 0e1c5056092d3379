//! Decides whether a plan can be applied: the host has to agree, and so do the rules that protect data.

use super::error::{DeployError, OtherNamespaces};
use super::host::{Consent, Event, Host};
use super::options::Options;
use super::plan::{Action, NamespacePlan, Plan};
use super::run::Run;
use crate::state::State;

impl Run {
    /// Whether a plan can be applied; `seen` is the plan that the user agreed to before. Others may change
    /// something while the user reads the plan. After the answer the plan is therefore made again, and only
    /// the plan that the user saw is applied.
    pub(super) async fn may_apply(
        &mut self,
        plan: &Plan,
        seen: Option<&Plan>,
        state: &State,
        host: &dyn Host,
    ) -> Result<bool, DeployError> {
        if seen == Some(plan)
            || self.agree(plan, seen.is_some(), state, host).await? == Consent::Given
        {
            return Ok(true);
        }
        self.connected.clear();
        Ok(false)
    }

    /// Shows a plan and asks `host` to agree; `again` is whether the user agreed to a different plan before.
    async fn agree(
        &self,
        plan: &Plan,
        again: bool,
        state: &State,
        host: &dyn Host,
    ) -> Result<Consent, DeployError> {
        if again {
            host.event(Event::Changed);
        }
        host.show(plan);
        self.allow(plan, state)?;
        self.check_writes(plan.writes())?;
        if let Some(saved) = &self.options.saved {
            return if saved.is(plan) { Ok(Consent::Given) } else { Err(DeployError::PlanChanged) };
        }
        if plan.is_empty() { Ok(Consent::Given) } else { host.consent(plan).await }
    }

    /// Refuses to write more keys than allowed.
    pub(super) fn check_writes(&self, writes: u64) -> Result<(), DeployError> {
        match self.options.max_writes {
            Some(allowed) if writes > allowed => {
                Err(DeployError::TooManyWrites { writes, allowed })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a plan that would delete keys that this tool did not write, or replace all namespaces in the
    /// state, unless the user asked for that.
    fn allow(&self, plan: &Plan, state: &State) -> Result<(), DeployError> {
        let Options { stage, deployer, delete_data, take_over, .. } = &self.options;
        let of = |goes: fn(&Action) -> bool| {
            plan.namespaces.iter().filter(move |namespace| goes(&namespace.action))
        };
        let comes = of(|action| {
            matches!(action, Action::Create | Action::Adopt { .. } | Action::Resume { .. })
        });
        let removed = of(|action| {
            matches!(action, Action::Destroy { .. } | Action::Retain { .. } | Action::Forget)
        });
        if comes.count() > 0
            && !take_over
            && removed.count() == state.namespaces.len()
            && !state.namespaces.is_empty()
        {
            let renamed = plan.namespaces.iter().find_map(|namespace| {
                Some((namespace.id.clone(), namespace.likely_renamed_to.clone()?))
            });
            return Err(DeployError::OtherNamespaces(Box::new(OtherNamespaces {
                app: stage.app().to_owned(),
                stage: stage.stage().to_owned(),
                program: deployer.program.clone(),
                recorded: state.namespaces.keys().cloned().collect(),
                declared: self.declarations.iter().map(|d| d.id.to_owned()).collect(),
                renamed,
            })));
        }
        let undeclared_keys = |namespace: &NamespacePlan| match namespace.action {
            Action::Destroy { undeclared, .. } if undeclared > 0 => {
                Some(DeployError::UndeclaredKeys {
                    id: namespace.id.clone(),
                    title: namespace.title.clone(),
                    undeclared,
                    renamed_to: namespace.likely_renamed_to.clone(),
                })
            }
            _ => None,
        };
        match plan.namespaces.iter().find_map(undeclared_keys) {
            Some(error) if !delete_data => Err(error),
            _ => Ok(()),
        }
    }
}
