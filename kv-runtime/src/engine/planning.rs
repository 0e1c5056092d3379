//! Observes what exists and plans what to do, without changing anything.

use super::account::RemoteAccount;
use super::error::DeployError;
use super::observe::{DeclaredRemoval, Observation, observe, observe_removal};
use super::options::Options;
use super::plan::{
    Action, Billed, Declared, NamespacePlan, Ownership, PLAN_FORMAT, Plan, PlanAccount,
    likely_renames, plan_declared, plan_removal,
};
use super::resolve::Resolved;
use super::run::Run;
use crate::state::{Record, State};

/// A plan, and what is needed to apply it: one step for each namespace, in the plan's order.
pub(super) struct Planned<'a> {
    pub(super) plan: Plan,
    pub(super) steps: Vec<Step<'a>>,
}

pub(super) enum Step<'a> {
    Declared(Declared<'a>, RemoteAccount),
    Removed(RemoteAccount),
    Left,
}

impl Run {
    /// Plans a deploy: first the declared namespaces, in order, then those that are no longer declared. Reads
    /// the pairs of `resolved` if they turn out to be needed.
    pub(super) async fn plan_deploy<'a>(
        &mut self,
        resolved: &'a mut Vec<Resolved>,
        state: &State,
    ) -> Result<Planned<'a>, DeployError> {
        self.check_only(state)?;
        let mut observed = self.observe_declared(resolved, state).await?;
        let lacks_pairs = |(resolved, (_, observation)): (&Resolved, &(_, Observation))| {
            resolved.pairs.is_none() && !observation.has_sources(resolved, state)
        };
        if resolved.iter().zip(&observed).any(lacks_pairs) {
            *resolved = self.resolve(state.digest_key(), None).await?;
            observed = self.observe_declared(resolved, state).await?;
        }
        let resolved = &*resolved;
        let (mut plans, mut steps) = (Vec::new(), Vec::new());
        for (resolved, (account, observation)) in resolved.iter().zip(observed) {
            let (plan, declared) = plan_declared(resolved, state, &observation, &self.options)?;
            plans.push(plan);
            steps.push(Step::Declared(declared, account));
        }
        if self.options.deployer.lists_all && self.options.only.is_empty() {
            let declared: Vec<_> = plans.iter().map(|plan| plan.id.clone()).collect();
            let gone = |id: &str| declared.iter().all(|declared| declared != id);
            let (mut removed, more) = self.plan_removals(state, gone).await?;
            let pairs = plans.iter().zip(&steps).filter_map(|(plan, step)| match step {
                Step::Declared(declared, _) => Some((plan, declared)),
                _ => None,
            });
            likely_renames(&mut removed, pairs, state);
            plans.extend(removed);
            steps.extend(more);
        }
        Ok(self.planned(plans, steps))
    }

    async fn observe_declared(
        &mut self,
        resolved: &[Resolved],
        state: &State,
    ) -> Result<Vec<(RemoteAccount, Observation)>, DeployError> {
        let look = self.look();
        let mut observed = Vec::new();
        for resolved in resolved {
            let id = resolved.declaration.id;
            let account = self.connect(id, state.namespaces.get(id)).await?;
            let observation = observe(&account, resolved, state, &look).await?;
            observed.push((account, observation));
        }
        Ok(observed)
    }

    /// Plans to destroy what this program deployed.
    pub(super) async fn plan_destroy(
        &mut self,
        state: &State,
    ) -> Result<Planned<'static>, DeployError> {
        self.check_only(state)?;
        let (plans, steps) = self.plan_removals(state, |_| true).await?;
        self.check_left(&plans, state)?;
        Ok(self.planned(plans, steps))
    }

    /// Refuses to leave namespaces to other programs if this program declares them but never deployed them:
    /// otherwise a renamed program would report them as destroyed.
    fn check_left(&self, plans: &[NamespacePlan], state: &State) -> Result<(), DeployError> {
        let program = &self.options.deployer.program;
        let is_left = |plan: &&NamespacePlan| {
            let record = state.namespaces.get(&plan.id);
            matches!(plan.action, Action::Leave { .. })
                && self.declarations.iter().any(|declaration| declaration.id == plan.id)
                && !record.is_some_and(|record| record.deployers().contains(program))
        };
        let left: Vec<_> = plans.iter().filter(is_left).collect();
        let mut deployers: Vec<_> = left
            .iter()
            .filter_map(|plan| state.namespaces.get(&plan.id))
            .flat_map(|record| record.deployers().iter().cloned())
            .collect();
        deployers.sort_unstable();
        deployers.dedup();
        if left.is_empty() || deployers.is_empty() {
            return Ok(());
        }
        let ids = left.into_iter().map(|plan| plan.id.clone()).collect();
        Err(DeployError::LeftToOthers { ids, deployers })
    }

    async fn plan_removals(
        &mut self,
        state: &State,
        goes: impl Fn(&str) -> bool,
    ) -> Result<(Vec<NamespacePlan>, Vec<Step<'static>>), DeployError> {
        let (mut plans, mut steps) = (Vec::new(), Vec::new());
        for (id, record) in &state.namespaces {
            if !goes(id) || !self.options.covers(id) {
                continue;
            }
            if self.may_remove(id, record) {
                let declaration = self.declarations.iter().find(|d| d.id == id).copied();
                let stage = self.options.stage.stage();
                let delete = declaration.map(|d| DeclaredRemoval { delete: d.delete_in(stage) });
                let account = self.connect(id, Some(record)).await?;
                let interrupt = &self.context.interrupt;
                let removal = observe_removal(&account, id, record, delete, interrupt).await?;
                plans.push(plan_removal(id, record, removal));
                steps.push(Step::Removed(account));
            } else {
                plans.push(NamespacePlan::leave(id, record, &self.options.deployer.program));
                steps.push(Step::Left);
            }
        }
        Ok((plans, steps))
    }

    /// Whether this program may remove a namespace. If it is not known which programs deploy the namespace,
    /// this one may if it declares it.
    fn may_remove(&self, id: &str, record: &Record) -> bool {
        let Options { deployer, take_over, .. } = &self.options;
        let deployers = record.deployers();
        let is_declared = self.declarations.iter().any(|declaration| declaration.id == id);
        // A program that deploys single namespaces was called to remove just this one.
        let is_named = is_declared && (deployers.is_empty() || !deployer.lists_all);
        *take_over || is_named || deployer.ownership(deployers) == Ownership::Own
    }

    fn planned<'a>(&self, mut namespaces: Vec<NamespacePlan>, steps: Vec<Step<'a>>) -> Planned<'a> {
        let account = |step: &Step<'_>| match step {
            Step::Declared(_, account) | Step::Removed(account) => Some(PlanAccount {
                id: account.remote().account_id().to_owned(),
                name: account.remote().account_name().map(|name| self.redact(name)),
            }),
            Step::Left => None,
        };
        let local = self.local_folder().map(|folder| folder.display().to_string());
        for namespace in &mut namespaces {
            if let Action::Rename { from, .. } = &mut namespace.action {
                *from = self.redact(from);
            }
        }
        let mut accounts = Vec::new();
        if local.is_none() {
            accounts.extend(steps.iter().filter_map(account));
            accounts.sort();
            accounts.dedup();
        }
        let (billed, fingerprint) = (billed(&namespaces, local.is_some()), fingerprint(&steps));
        let plan = Plan {
            format: PLAN_FORMAT,
            app: self.options.stage.app().to_owned(),
            stage: self.options.stage.stage().to_owned(),
            accounts,
            local,
            base_urls: self.accounts.other_servers(),
            state: self.store.location(&self.options.stage),
            namespaces,
            billed,
            fingerprint,
        };
        Planned { plan, steps }
    }
}

/// How many operations Cloudflare bills for a plan.
fn billed(namespaces: &[NamespacePlan], is_local: bool) -> Billed {
    if is_local {
        return Billed::default();
    }
    let count = |of: fn(&NamespacePlan) -> usize| namespaces.iter().map(of).sum::<usize>() as u64;
    Billed { writes: count(|plan| plan.put.len()), deletes: count(|plan| plan.delete.len()) }
}

/// A digest of everything that a plan writes.
fn fingerprint(steps: &[Step<'_>]) -> String {
    /// How many bytes are hashed at once, which is much faster than a few.
    const PIECE: usize = 64 * 1024;
    let (mut hasher, mut piece) = (blake3::Hasher::new(), Vec::with_capacity(PIECE));
    for step in steps {
        let Step::Declared(declared, _) = step else { continue };
        let settled = declared.settled.iter().map(|settled| settled.pair);
        for pair in declared.puts.iter().copied().chain(settled) {
            piece.extend_from_slice(pair.key.as_bytes());
            piece.extend_from_slice(pair.digest.as_bytes());
            if piece.len() >= PIECE {
                hasher.update(&piece);
                piece.clear();
            }
        }
    }
    hasher.update(&piece).finalize().to_hex().to_string()
}
