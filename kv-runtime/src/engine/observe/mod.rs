//! Looks up what exists, with as few requests to the API as the plan needs.

mod compare;
mod drift;
mod keys;
mod removal;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::account::{RemoteAccount, titled};
use super::error::DeployError;
use super::remote::{RemoteErrorKind, RemoteNamespace};
use super::resolve::{DeclaredPair, Resolved};
use super::wait;
use crate::base::Interrupt;
use crate::state::{Creating, Deployment, Record, State};
use compare::existing;
use drift::drift;

pub(super) use compare::{Place, Stored, Written, compare, present};
pub use drift::Drift;
pub(super) use removal::{Declared as DeclaredRemoval, Removal, observe_removal};

/// The observed state of a declared namespace.
#[derive(Debug)]
pub(super) struct Observation {
    pub(super) namespace: Observed,
    /// What is stored under declared keys whose stored values are not known from the state.
    pub(super) existing: HashMap<String, Stored>,
    /// The keys that others changed or removed, if that was asked for.
    pub(super) drift: BTreeMap<String, Drift>,
}

impl Observation {
    /// Whether the namespace still has the pairs that come from the sources of a declaration.
    pub(super) fn has_sources(&self, resolved: &Resolved, state: &State) -> bool {
        let record = state.namespaces.get(resolved.declaration.id);
        let deployment = recorded(record, &self.namespace);
        resolved.sources.is_some() && deployment.and_then(Deployment::sources) == resolved.sources
    }
}

/// How thoroughly to observe, and when to stop.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// Whether to look up namespaces that the state already has.
    pub(super) refresh: bool,
    /// Whether to compare every key.
    pub(super) drift: bool,
    /// How many requests are in flight.
    pub(super) jobs: usize,
    pub(super) interrupt: Interrupt,
}

/// The observed state of the namespace itself. `titled` is Cloudflare's id of the namespace that has the
/// declared title, if the plan needs it.
#[derive(Debug)]
pub(super) enum Observed {
    /// The state does not have it.
    Unrecorded { titled: Option<String> },
    /// It was being created. `found` is Cloudflare's id of the namespace that has the intended title.
    Creating { created_as: String, found: Option<String>, is_empty: bool, titled: Option<String> },
    /// It exists under the id in the state.
    There { namespace_id: String, title: String, titled: Option<String> },
    /// It does not exist under the id in the state.
    Vanished { lost: String, titled: Option<String> },
}

impl Observed {
    /// Whether it exists under the id in the state.
    pub(super) fn is_there(&self) -> bool {
        matches!(self, Self::There { .. })
    }

    fn namespace_id(&self) -> Option<&str> {
        match self {
            Self::Unrecorded { titled } | Self::Vanished { titled, .. } => titled.as_deref(),
            Self::Creating { found, .. } => found.as_deref(),
            Self::There { namespace_id, .. } => Some(namespace_id),
        }
    }
}

/// Observes a declared namespace.
pub(super) async fn observe(
    account: &RemoteAccount,
    resolved: &Resolved,
    state: &State,
    look: &Look,
) -> Result<Observation, DeployError> {
    let id = resolved.declaration.id;
    let record = state.namespaces.get(id);
    let namespace = observe_namespace(account, resolved, record, look).await?;
    let (mut existing_pairs, mut drifted) = (HashMap::new(), BTreeMap::new());
    if let Some(namespace_id) = namespace.namespace_id() {
        let (remote, interrupt, jobs) = (account.remote(), &look.interrupt, look.jobs);
        let place = Place { remote, id, namespace_id, interrupt, jobs };
        let deployment = recorded(record, &namespace);
        let unknown = unknown(resolved, deployment);
        if !unknown.is_empty() {
            let known = deployment.map_or(0, |deployment| deployment.keys().len());
            existing_pairs = existing(place, &unknown, known).await?;
        }
        if let Some(deployment) = deployment.filter(|_| look.drift) {
            drifted = drift(place, resolved, deployment).await?;
        }
    }
    Ok(Observation { namespace, existing: existing_pairs, drift: drifted })
}

/// The record in the state for a namespace that exists. One that reappeared while another was being created
/// in its place keeps its old record.
pub(super) fn recorded<'a>(
    record: Option<&'a Record>,
    observed: &Observed,
) -> Option<&'a Deployment> {
    let deployment = record?.deployment()?;
    observed.is_there().then_some(deployment)
}

/// The pairs whose keys may have values that this tool did not write: those that the state does not have,
/// those declared `once` that are not confirmed, and those that were declared `once` until now.
fn unknown<'a>(resolved: &'a Resolved, deployment: Option<&Deployment>) -> Vec<&'a DeclaredPair> {
    let mut search = deployment.map(|deployment| deployment.keys().search());
    let unknown = |pair: &&DeclaredPair| {
        let record = search.as_mut().and_then(|search| search.find(&pair.key));
        record.is_none_or(|(_, record)| {
            (pair.is_once() && !record.confirmed) || (!pair.is_once() && record.once)
        })
    };
    resolved.pairs.iter().flatten().filter(unknown).collect()
}

async fn observe_namespace(
    account: &RemoteAccount,
    resolved: &Resolved,
    record: Option<&Record>,
    look: &Look,
) -> Result<Observed, DeployError> {
    let (id, title) = (resolved.declaration.id, resolved.title.as_str());
    match record {
        None => Ok(Observed::Unrecorded { titled: find(account, id, title).await? }),
        Some(Record::Creating(creating)) => {
            observe_creating(account, id, title, creating, &look.interrupt).await
        }
        Some(Record::Deployed(deployment)) if look.refresh || look.drift => {
            observe_deployed(account, id, title, deployment, &look.interrupt).await
        }
        Some(Record::Deployed(deployment)) => Ok(Observed::There {
            namespace_id: deployment.namespace_id.clone(),
            title: deployment.title.clone(),
            titled: None,
        }),
    }
}

async fn observe_creating(
    account: &RemoteAccount,
    id: &str,
    title: &str,
    creating: &Creating,
    interrupt: &Interrupt,
) -> Result<Observed, DeployError> {
    let found = find(account, id, &creating.title).await?;
    if let Some(replaced) = &creating.replaces {
        let back = current(account, id, replaced, interrupt).await?;
        match (back, &found) {
            (Some(back), Some(found)) if back.id != *found => {
                return Err(DeployError::CameBack {
                    id: id.to_owned(),
                    namespace_id: back.id,
                    replacement: found.clone(),
                });
            }
            (Some(_), _) => {
                return observe_deployed(account, id, title, replaced, interrupt).await;
            }
            (None, _) => {}
        }
    }
    let is_empty = match &found {
        Some(found) => is_empty(account, id, found).await?,
        None => true,
    };
    let titled = find(account, id, title).await?;
    Ok(Observed::Creating { created_as: creating.title.clone(), found, is_empty, titled })
}

async fn observe_deployed(
    account: &RemoteAccount,
    id: &str,
    title: &str,
    deployment: &Deployment,
    interrupt: &Interrupt,
) -> Result<Observed, DeployError> {
    let namespace_id = deployment.namespace_id.clone();
    if let Some(info) = current(account, id, deployment, interrupt).await? {
        let titled = if info.title == title { None } else { find(account, id, title).await? };
        return Ok(Observed::There { namespace_id, title: info.title, titled });
    }
    Ok(Observed::Vanished { lost: namespace_id, titled: find(account, id, title).await? })
}

/// The namespace under the id in the state. Waits for one that was just created.
async fn current(
    account: &RemoteAccount,
    id: &str,
    deployment: &Deployment,
    interrupt: &Interrupt,
) -> Result<Option<RemoteNamespace>, DeployError> {
    let get = || account.remote().get(&deployment.namespace_id);
    let found = match wait::settling(deployment.created_at) {
        Some(left) => wait::until(interrupt, left, get, Option::is_some).await,
        None => get().await,
    };
    if let Some(info) = found.map_err(DeployError::request(id, "look the namespace up"))? {
        return Ok(Some(info));
    }
    // The list may be more up to date, and one response that has the namespace is enough.
    let all = account.listed(id).await?;
    Ok(all.iter().find(|info| info.id == deployment.namespace_id).cloned())
}

/// Cloudflare's id of the namespace that has a title.
async fn find(
    account: &RemoteAccount,
    id: &str,
    title: &str,
) -> Result<Option<String>, DeployError> {
    let found = titled(id, account.listed(id).await?, title)?;
    Ok(found.map(|info| info.id.clone()))
}

/// Whether a namespace has no keys, like one that was just created.
pub(super) async fn is_empty(
    account: &RemoteAccount,
    id: &str,
    namespace_id: &str,
) -> Result<bool, DeployError> {
    let page = account.remote().keys(namespace_id, None).await;
    match page {
        Ok(page) => Ok(page.names.is_empty() && page.cursor.is_none()),
        // A namespace that is not visible yet has no keys.
        Err(error) if error.is(RemoteErrorKind::NamespaceNotFound) => Ok(true),
        Err(error) => Err(DeployError::request(id, "list the keys")(error)),
    }
}

/// What a status reports about a namespace in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub(crate) enum Seen {
    /// It exists.
    There {
        /// The title that others gave it.
        #[serde(skip_serializing_if = "Option::is_none")]
        renamed_to: Option<String>,
        /// The keys that others changed or removed.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        drift: BTreeMap<String, Drift>,
    },
    /// It does not exist.
    Gone,
}

/// Observes a namespace in the state, and its keys if it is still declared.
pub(super) async fn look_at(
    account: &RemoteAccount,
    id: &str,
    record: &Record,
    resolved: Option<&Resolved>,
    look: &Look,
) -> Result<Seen, DeployError> {
    let deployment = match record {
        Record::Deployed(deployment) => deployment,
        Record::Creating(creating) => {
            let found = find(account, id, &creating.title).await?;
            let there = Seen::There { renamed_to: None, drift: BTreeMap::new() };
            return Ok(found.map_or(Seen::Gone, |_| there));
        }
    };
    let Some(info) = current(account, id, deployment, &look.interrupt).await? else {
        return Ok(Seen::Gone);
    };
    let drift = match resolved {
        Some(resolved) => {
            let (remote, interrupt, jobs) = (account.remote(), &look.interrupt, look.jobs);
            let place = Place { remote, id, namespace_id: &info.id, interrupt, jobs };
            drift(place, resolved, deployment).await?
        }
        None => BTreeMap::new(),
    };
    let renamed_to = Some(info.title).filter(|title| *title != deployment.title);
    Ok(Seen::There { renamed_to, drift })
}
