//! What is to be done, as plain data, and how it follows from what is declared, recorded and there.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet, btree_map};
use std::iter::Peekable;
use std::ops::Bound;

use kv_rules::Expiry;
use serde::Serialize;

use super::drift::Drift;
use super::error::DeployError;
use super::observe::{Found, Observation, Observed};
use super::pair::{Pair, digests};
use super::resolve::Resolved;
use crate::state::{Deployment, KeyRecord, Record, State};

/// All that a deploy or a destroy is to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The namespaces, in the order in which they are worked on.
    pub namespaces: Vec<NamespacePlan>,
}

/// What is to be done with one namespace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NamespacePlan {
    /// Its id in the declarations.
    pub id: String,
    /// The title that it is to have, or had last when it is to go.
    pub title: String,
    /// What is to be done with the namespace itself.
    #[serde(flatten)]
    pub action: Action,
    /// The keys to write, in the order of the declaration.
    pub put: Vec<KeyChange>,
    /// The keys to delete: this tool wrote them, and they left the declaration.
    pub delete: Vec<String>,
    /// The keys that stay at Cloudflare and leave the state, because they were declared `once`.
    pub forget: Vec<String>,
    /// The keys declared `once` that are there already and stay as they are.
    pub settle: Vec<KeyChange>,
    /// The keys that others changed or removed and that stay so, unless a repair is asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub drift: BTreeMap<String, Drift>,
    /// Whether the state learns something that changes nothing at Cloudflare.
    #[serde(skip)]
    pub(crate) touch: bool,
}

/// What is to be done with a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// There is none yet.
    Create,
    /// An earlier deploy was cut off while it created the namespace.
    Resume {
        /// The title under which it was to be created.
        created_as: String,
        /// Cloudflare's id of it, if it is there.
        namespace_id: Option<String>,
    },
    /// It vanished from the account and is created anew.
    Recreate {
        /// Cloudflare's id of the one that vanished.
        lost: String,
    },
    /// One that has the title is taken over.
    Adopt {
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// It has another title.
    Rename {
        /// Cloudflare's id of it.
        namespace_id: String,
        /// The title that it has.
        from: String,
    },
    /// It stays as it is; its keys may change.
    Keep {
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// It is deleted with all its keys.
    Destroy {
        /// Cloudflare's id of it.
        namespace_id: String,
        /// How many of its keys no declaration wrote.
        undeclared: u64,
    },
    /// It leaves the state and stays at Cloudflare with its data.
    Retain {
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// It leaves the state; it is not at Cloudflare any more.
    Forget,
}

/// A key to write, or to leave as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeyChange {
    /// The key.
    pub key: Cow<'static, str>,
    /// Why.
    pub reason: Reason,
    /// How many bytes its value has.
    pub bytes: usize,
    /// Which pair of the declaration it is.
    #[serde(skip)]
    pub(crate) index: usize,
    #[serde(skip)]
    pub(crate) record: KeyRecord,
}

/// Why a key is written or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// It was not deployed before.
    New,
    /// Its declaration changed.
    Changed,
    /// An earlier write of it was never confirmed.
    Unconfirmed,
    /// Its time to live begins anew, as was asked for.
    Renewed,
    /// Others changed or removed it, and a repair was asked for.
    Repaired,
    /// It is there and left to the application.
    Once,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespaces.iter().all(NamespacePlan::is_empty)
    }

    /// Whether keys or namespaces would be deleted.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.namespaces.iter().any(NamespacePlan::deletes)
    }

    /// The first namespace whose deletion would take keys along that no declaration wrote.
    pub(crate) fn undeclared_keys(&self) -> Option<DeployError> {
        self.namespaces.iter().find_map(|namespace| match namespace.action {
            Action::Destroy { undeclared, .. } if undeclared > 0 => {
                Some(DeployError::UndeclaredKeys {
                    id: namespace.id.clone(),
                    title: namespace.title.clone(),
                    undeclared,
                })
            }
            _ => None,
        })
    }
}

impl NamespacePlan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.action, Action::Keep { .. })
            && self.put.is_empty()
            && self.delete.is_empty()
            && self.forget.is_empty()
            && self.settle.is_empty()
    }

    /// Whether keys or the namespace would be deleted.
    #[must_use]
    pub fn deletes(&self) -> bool {
        matches!(self.action, Action::Destroy { .. }) || !self.delete.is_empty()
    }

    /// How many bytes the values to write have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.put.iter().map(|put| put.bytes as u64).sum()
    }

    fn of(id: &str, title: &str, action: Action) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            action,
            put: Vec::new(),
            delete: Vec::new(),
            forget: Vec::new(),
            settle: Vec::new(),
            drift: BTreeMap::new(),
            touch: false,
        }
    }
}

/// What the caller wants beyond the declaration.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wishes {
    pub(crate) adopt: bool,
    pub(crate) renew: bool,
    pub(crate) repair: bool,
}

/// Plans one declared namespace.
pub(crate) fn plan_declared(
    resolved: &Resolved,
    state: &State,
    observation: &Observation,
    wishes: Wishes,
) -> Result<NamespacePlan, DeployError> {
    let (id, title) = (resolved.declaration.id, resolved.title.as_str());
    let record = state.namespaces.get(id);
    let action = declared_action(resolved, state, &observation.namespace, wishes)?;
    let mut plan = NamespacePlan::of(id, title, action);
    let deployment = match (&plan.action, record) {
        (Action::Keep { .. } | Action::Rename { .. }, Some(Record::Deployed(d))) => Some(d),
        _ => None,
    };
    // Without its spreads a declaration is one that was written as a whole: see `is_written`.
    if let Some(pairs) = resolved.pairs() {
        plan_keys(&mut plan, pairs, state, deployment, observation, wishes);
    }
    if !wishes.repair {
        plan.drift.clone_from(&observation.drift);
    }
    let declared = resolved.declaration.delete;
    let digest = Some(resolved.digest(state.digest_key()));
    plan.touch = deployment
        .is_some_and(|d| d.delete != declared || d.title != title || d.declared != digest);
    Ok(plan)
}

/// Whether every pair of a declaration was written as it is declared, so that its spreads need not
/// be read as long as the namespace is there.
pub(crate) fn is_written(resolved: &Resolved, state: &State) -> bool {
    let Some(Record::Deployed(deployment)) = state.namespaces.get(resolved.declaration.id) else {
        return false;
    };
    deployment.declared == Some(resolved.digest(state.digest_key()))
}

fn declared_action(
    resolved: &Resolved,
    state: &State,
    observed: &Observed,
    wishes: Wishes,
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
        Some(found) if resolved.declaration.adopt || wishes.adopt => {
            Ok(Action::Adopt { namespace_id: found.clone() })
        }
        Some(found) => Err(taken(found)),
    };
    match observed {
        Observed::Unrecorded { titled } => fresh(titled, Action::Create),
        Observed::Vanished { lost, titled } => {
            fresh(titled, Action::Recreate { lost: lost.clone() })
        }
        Observed::Creating { created_as, found, titled } => match titled {
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

fn plan_keys(
    plan: &mut NamespacePlan,
    pairs: &[Pair],
    state: &State,
    deployment: Option<&Deployment>,
    observation: &Observation,
    wishes: Wishes,
) {
    let mut records = deployment.map(|deployment| InOrder::new(&deployment.keys));
    let digests = digests(pairs, state.digest_key());
    for ((index, pair), digest) in pairs.iter().enumerate().zip(digests) {
        let recorded = records.as_mut().and_then(|records| records.find(&pair.key));
        let record = KeyRecord { digest, confirmed: true, once: pair.once };
        let change = |reason| KeyChange {
            key: pair.key.clone(),
            reason,
            bytes: pair.value.len(),
            index,
            record,
        };
        let renewable = wishes.renew && !pair.once && matches!(pair.expiry, Some(Expiry::Ttl(_)));
        match recorded {
            _ if pair.once && observation.present.contains(pair.key.as_ref()) => {
                plan.settle.push(change(Reason::Once));
            }
            None => plan.put.push(change(Reason::New)),
            Some(recorded) if !recorded.confirmed => plan.put.push(change(Reason::Unconfirmed)),
            Some(recorded) if pair.once => {
                if !recorded.once {
                    plan.settle.push(change(Reason::Once));
                }
            }
            Some(recorded) if recorded.digest != digest => plan.put.push(change(Reason::Changed)),
            Some(_) if wishes.repair && observation.drift.contains_key(pair.key.as_ref()) => {
                plan.put.push(change(Reason::Repaired));
            }
            Some(_) if renewable => plan.put.push(change(Reason::Renewed)),
            Some(recorded) if recorded.once => plan.put.push(change(Reason::Changed)),
            Some(_) => {}
        }
    }
    let Some(deployment) = deployment else { return };
    if records.is_some_and(|records| records.found == deployment.keys.len()) {
        return;
    }
    let declared: HashSet<&str> = pairs.iter().map(|pair| pair.key.as_ref()).collect();
    for (key, recorded) in &deployment.keys {
        if declared.contains(key.as_ref()) {
            continue;
        }
        let list = if recorded.once { &mut plan.forget } else { &mut plan.delete };
        list.push(key.to_string());
    }
}

/// Finds records of keys that mostly come in the order of the records: then one walk over both
/// replaces a search for each.
struct InOrder<'a> {
    keys: &'a BTreeMap<Cow<'static, str>, KeyRecord>,
    next: Peekable<btree_map::Range<'a, Cow<'static, str>, KeyRecord>>,
    /// How many keys had a record.
    found: usize,
}

impl<'a> InOrder<'a> {
    fn new(keys: &'a BTreeMap<Cow<'static, str>, KeyRecord>) -> Self {
        Self { keys, next: keys.range::<str, _>(..).peekable(), found: 0 }
    }

    fn find(&mut self, key: &str) -> Option<&'a KeyRecord> {
        if self.next.peek().is_none_or(|(next, _)| next.as_ref() != key) {
            let from = (Bound::Included(key), Bound::Unbounded);
            self.next = self.keys.range::<str, _>(from).peekable();
        }
        let (_, found) = self.next.next_if(|(next, _)| next.as_ref() == key)?;
        self.found += 1;
        Some(found)
    }
}

/// Plans the end of a namespace that is destroyed or left the code.
pub(crate) fn plan_removal(id: &str, record: &Record, found: Option<Found>) -> NamespacePlan {
    let action = match found {
        None => Action::Forget,
        Some(Found { namespace_id, removable: true, undeclared }) => {
            Action::Destroy { namespace_id, undeclared }
        }
        Some(Found { namespace_id, .. }) => Action::Retain { namespace_id },
    };
    NamespacePlan::of(id, record.title(), action)
}
