//! Plans a declared namespace.

use std::collections::HashSet;

use kv_rules::{Expiry, Time};

use super::super::error::{DeployError, Problem};
use super::super::observe::{Observation, Observed, Stored, recorded};
use super::super::options::Options;
use super::super::resolve::{DeclaredPair, Resolved};
use super::{Action, KeyChange, NamespacePlan, Reason};
use crate::state::{Deployment, State};

/// What is needed to apply the plan of a declared namespace.
pub(crate) struct Declared<'a> {
    pub(crate) resolved: &'a Resolved,
    /// The pairs to write, in the order of the plan.
    pub(crate) puts: Vec<&'a DeclaredPair>,
    /// Pairs that stay as they are and are recorded in the state.
    pub(crate) settled: Vec<Settled<'a>>,
    /// Whether the state changes even if nothing changes at Cloudflare.
    pub(crate) updates_state: bool,
}

/// A pair that is stored and stays as it is.
#[derive(Clone, Copy)]
pub(crate) struct Settled<'a> {
    pub(crate) pair: &'a DeclaredPair,
    /// Whether this tool wrote it, according to the state.
    pub(crate) written: bool,
}

/// Plans one declared namespace.
pub(crate) fn plan_declared<'a>(
    resolved: &'a Resolved,
    state: &State,
    observation: &Observation,
    options: &Options,
) -> Result<(NamespacePlan, Declared<'a>), DeployError> {
    let (id, title) = (resolved.declaration.id, resolved.title.as_str());
    let action = declared_action(resolved, state, &observation.namespace, options)?;
    let record = state.namespaces.get(id);
    let deployment = recorded(record, &observation.namespace);
    let mut planner = Planner {
        plan: NamespacePlan::of(id, title, action),
        declared: Declared {
            resolved,
            puts: Vec::new(),
            settled: Vec::new(),
            updates_state: false,
        },
    };
    if let Some(pairs) = &resolved.pairs {
        planner.plan_keys(pairs, deployment, observation, options);
    }
    let Planner { mut plan, mut declared } = planner;
    check_ahead(id, &declared.puts)?;
    if !options.repair {
        plan.drift.clone_from(&observation.drift);
    }
    let is_current = |deployment: &Deployment| {
        deployment.delete == resolved.declaration.delete_in(options.stage.stage())
            && deployment.title == title
            && deployment.sources() == resolved.sources
            && options.deployer.claim(&deployment.deployers, options.take_over).is_none()
            && (options.deployer.repository.is_none()
                || options.deployer.repository == state.repository)
    };
    declared.updates_state = !deployment.is_some_and(is_current)
        || !declared.settled.is_empty()
        || !plan.forget.is_empty()
        || state.moved.contains_key(id);
    plan.moved_from = state.moved.get(id).cloned();
    Ok((plan, declared))
}

/// Refuses to write a pair that would expire at once. A seeded pair that is already stored may be about to
/// expire.
fn check_ahead(id: &str, puts: &[&DeclaredPair]) -> Result<(), DeployError> {
    let now = Time::now();
    let problem = |pair: &&DeclaredPair| {
        let what = pair.check_ahead(now).err()?;
        Some(Problem { namespace: id.to_owned(), key: Some(pair.key.to_string()), what })
    };
    let problems: Vec<_> = puts.iter().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(DeployError::Resolve(problems)) }
}

fn declared_action(
    resolved: &Resolved,
    state: &State,
    observed: &Observed,
    options: &Options,
) -> Result<Action, DeployError> {
    let (id, title) = (resolved.declaration.id, resolved.title.as_str());
    let taken = |namespace_id: &str| match state.owner(namespace_id) {
        Some(owner) if owner != id => {
            let owner = owner.to_owned();
            DeployError::TitleOwned { id: id.to_owned(), title: title.to_owned(), owner }
        }
        _ => DeployError::TitleExists {
            id: id.to_owned(),
            title: title.to_owned(),
            namespace_id: namespace_id.to_owned(),
        },
    };
    let fresh = |titled: &Option<String>, or: Action| match titled {
        None => Ok(or),
        Some(found) if state.owner(found).is_some_and(|owner| owner != id) => Err(taken(found)),
        Some(found) if resolved.declaration.adopt || options.adopt => {
            let lost = match observed {
                Observed::Vanished { lost, .. } => Some(lost.clone()),
                _ => None,
            };
            Ok(Action::Adopt { namespace_id: found.clone(), lost })
        }
        Some(found) => Err(taken(found)),
    };
    match observed {
        Observed::Unrecorded { titled } => fresh(titled, Action::Create),
        Observed::Vanished { lost, titled } => {
            fresh(titled, Action::Recreate { lost: lost.clone() })
        }
        // A namespace that this tool was creating has no keys yet, so this is another one.
        Observed::Creating { found: Some(found), is_empty: false, .. } => {
            fresh(&Some(found.clone()), Action::Create)
        }
        Observed::Creating { created_as, found, titled, .. } => match titled {
            Some(other) if found.as_ref() != Some(other) => Err(taken(other)),
            _ => Ok(Action::Resume { created_as: created_as.clone(), namespace_id: found.clone() }),
        },
        Observed::There { namespace_id, title: actual, titled } => match titled {
            Some(other) if other != namespace_id => Err(taken(other)),
            _ if actual == title => Ok(Action::Keep { namespace_id: namespace_id.clone() }),
            _ => Ok(Action::Rename { namespace_id: namespace_id.clone(), from: actual.clone() }),
        },
    }
}

/// A plan that keys are added to.
struct Planner<'a> {
    plan: NamespacePlan,
    declared: Declared<'a>,
}

impl<'a> Planner<'a> {
    fn plan_keys(
        &mut self,
        pairs: &'a [DeclaredPair],
        deployment: Option<&Deployment>,
        observation: &Observation,
        options: &Options,
    ) {
        let mut records = deployment.map(|deployment| deployment.keys().search());
        let mut known = 0;
        for pair in pairs {
            let digest = pair.digest;
            let recorded = records.as_mut().and_then(|records| records.find(&pair.key));
            let recorded = recorded.map(|(_, record)| record);
            known += usize::from(recorded.is_some());
            let found = Settled { pair, written: recorded.is_some_and(|record| record.written) };
            let is_seeded = recorded.is_some_and(|recorded| recorded.confirmed);
            // Observed only for keys that the state does not fully know.
            let existing = || observation.existing.get(&*pair.key).copied();
            let renewable = options.renew && matches!(pair.expiry(), Some(Expiry::Ttl(_)));
            let drifted = || observation.drift.contains_key(pair.key.as_str());
            match recorded {
                _ if pair.is_once() && !is_seeded && existing().is_some() => {
                    self.settle(found, Reason::Once);
                }
                None => self.put_unless_there(found, Reason::New, existing()),
                Some(recorded) if !recorded.confirmed => self.put(pair, Reason::Unconfirmed),
                Some(recorded) if pair.is_once() => {
                    if !recorded.once {
                        self.settle(found, Reason::Once);
                    }
                }
                // The key belonged to the application until now.
                Some(recorded) if recorded.once => {
                    self.put_unless_there(found, Reason::Changed, existing());
                }
                Some(recorded) if recorded.digest != digest => self.put(pair, Reason::Changed),
                Some(_) if options.repair && drifted() => self.put(pair, Reason::Repaired),
                Some(_) if renewable => self.put(pair, Reason::Renewed),
                Some(_) => {}
            }
        }
        let Some(deployment) = deployment else { return };
        if known == deployment.keys().len() {
            return;
        }
        let declared: HashSet<&str> = pairs.iter().map(|pair| pair.key.as_str()).collect();
        for (key, recorded) in deployment.keys().iter() {
            if declared.contains(key.as_str()) {
                continue;
            }
            let list =
                if recorded.is_owned() { &mut self.plan.delete } else { &mut self.plan.forget };
            list.push(key.to_string());
        }
    }

    /// Plans a pair whose key may have a value that this tool did not write.
    fn put_unless_there(&mut self, found: Settled<'a>, reason: Reason, existing: Option<Stored>) {
        match existing {
            None | Some(Stored::Missing) => self.put(found.pair, reason),
            Some(Stored::Same) => self.settle(found, Reason::Equal),
            Some(Stored::Other { bytes }) => {
                let replaced_bytes = found.pair.secret().is_none().then_some(bytes);
                self.put(found.pair, Reason::Overwrite { replaced_bytes });
            }
        }
    }

    fn put(&mut self, pair: &'a DeclaredPair, reason: Reason) {
        self.declared.puts.push(pair);
        self.plan.put.push(change(pair, reason));
    }

    fn settle(&mut self, settled: Settled<'a>, reason: Reason) {
        self.declared.settled.push(settled);
        self.plan.settle.push(change(settled.pair, reason));
    }
}

fn change(pair: &DeclaredPair, reason: Reason) -> KeyChange {
    let bytes = pair.secret().is_none().then(|| pair.bytes());
    KeyChange { key: pair.key.clone(), reason, bytes }
}
