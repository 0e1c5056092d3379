//! Asks the API what is there: as few requests as the plan needs.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::drift::{Drift, drift};
use super::error::DeployError;
use super::keys::list_keys;
use super::pair::Pair;
use super::resolve::Resolved;
use super::wait;
use crate::api::{NamespaceInfo, Namespaces};
use crate::declaration::Declaration;
use crate::state::{Creating, Deployment, Origin, Record, State};

/// What is there of a declared namespace.
#[derive(Debug)]
pub(crate) struct Observation {
    pub(crate) namespace: Observed,
    /// The keys declared `once` that are there although no write of them was confirmed.
    pub(crate) present: HashSet<String>,
    /// The keys that others changed or removed, when that was asked for.
    pub(crate) drift: BTreeMap<String, Drift>,
}

/// How closely to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Whether to ask the API at all for a namespace that the state knows.
    pub(crate) refresh: bool,
    /// Whether to compare every key.
    pub(crate) drift: bool,
    /// How many requests are in flight.
    pub(crate) jobs: usize,
}

/// What is there of the namespace itself. `titled` is Cloudflare's id of the namespace that has
/// the declared title, where the plan needs to know.
#[derive(Debug)]
pub(crate) enum Observed {
    /// The state knows nothing of it.
    Unrecorded { titled: Option<String> },
    /// It was being created; `found` is Cloudflare's id of the one that has the title it was to have.
    Creating { created_as: String, found: Option<String>, titled: Option<String> },
    /// It is there under the id in the state.
    There { namespace_id: String, title: String, titled: Option<String> },
    /// It is not there under the id in the state.
    Vanished { lost: String, titled: Option<String> },
}

impl Observed {
    /// Whether it is there as the state has it.
    pub(crate) fn is_there(&self) -> bool {
        matches!(self, Self::There { .. })
    }

    fn existing(&self) -> Option<&str> {
        match self {
            Self::Unrecorded { titled } | Self::Vanished { titled, .. } => titled.as_deref(),
            Self::Creating { found, .. } => found.as_deref(),
            Self::There { namespace_id, .. } => Some(namespace_id),
        }
    }
}

/// Observes a declared namespace.
pub(crate) async fn observe(
    api: &Namespaces,
    resolved: &Resolved,
    state: &State,
    look: Look,
) -> Result<Observation, DeployError> {
    let record = state.namespaces.get(resolved.declaration.id);
    let id = resolved.declaration.id;
    let title = resolved.title.as_str();
    let namespace = match record {
        None => Observed::Unrecorded { titled: titled(&list(api, id).await?, title) },
        Some(Record::Creating(creating)) => observe_creating(api, id, title, creating).await?,
        Some(Record::Deployed(deployment)) if look.refresh || look.drift => {
            observe_deployed(api, id, title, deployment).await?
        }
        Some(Record::Deployed(deployment)) => Observed::There {
            namespace_id: deployment.namespace_id.clone(),
            title: deployment.title.clone(),
            titled: None,
        },
    };
    let present = match namespace.existing() {
        Some(namespace_id) => {
            present_once(api, id, namespace_id, resolved.entries(), record).await?
        }
        None => HashSet::new(),
    };
    let drift = match (&namespace, record) {
        (Observed::There { .. }, Some(Record::Deployed(deployment))) if look.drift => {
            drift(api, resolved, deployment, state.digest_key(), look.jobs).await?
        }
        _ => BTreeMap::new(),
    };
    Ok(Observation { namespace, present, drift })
}

async fn observe_creating(
    api: &Namespaces,
    id: &str,
    title: &str,
    creating: &Creating,
) -> Result<Observed, DeployError> {
    let all = list(api, id).await?;
    Ok(Observed::Creating {
        created_as: creating.title.clone(),
        found: titled(&all, &creating.title),
        titled: titled(&all, title),
    })
}

async fn observe_deployed(
    api: &Namespaces,
    id: &str,
    title: &str,
    deployment: &Deployment,
) -> Result<Observed, DeployError> {
    let namespace_id = deployment.namespace_id.clone();
    if let Some(info) = current(api, id, deployment).await? {
        let titled = if info.title == title { None } else { titled(&list(api, id).await?, title) };
        return Ok(Observed::There { namespace_id, title: info.title, titled });
    }
    let titled = titled(&list(api, id).await?, title);
    Ok(Observed::Vanished { lost: namespace_id, titled })
}

/// The namespace under the id in the state. One that was just created is waited for.
async fn current(
    api: &Namespaces,
    id: &str,
    deployment: &Deployment,
) -> Result<Option<NamespaceInfo>, DeployError> {
    let get = || async { api.get(&deployment.namespace_id).await };
    let found = match wait::settling(deployment.created_at) {
        Some(left) => wait::until(left, get, Option::is_some).await,
        None => get().await,
    };
    if let Some(info) = found.map_err(DeployError::request(id, "look the namespace up"))? {
        return Ok(Some(info));
    }
    // The list is another view of the account, and one that has it is enough.
    let all = list(api, id).await?;
    Ok(all.into_iter().find(|info| info.id == deployment.namespace_id))
}

/// Which of the keys declared `once` are there although the state does not know of it.
async fn present_once(
    api: &Namespaces,
    id: &str,
    namespace_id: &str,
    pairs: &[Pair],
    record: Option<&Record>,
) -> Result<HashSet<String>, DeployError> {
    let mut present = HashSet::new();
    for pair in pairs.iter().filter(|pair| pair.once) {
        let known = match record {
            Some(Record::Deployed(d)) if d.namespace_id == namespace_id => {
                d.keys.get(pair.key.as_ref())
            }
            _ => None,
        };
        if known.is_some_and(|known| known.confirmed) {
            continue;
        }
        // A key comes before all longer ones that begin with it.
        let keys = || api.keys(namespace_id, &pair.key, None, kv_rules::MIN_LIST_KEYS);
        let page = wait::while_unseen(keys).await;
        let page = page.map_err(DeployError::request(id, "look for a key declared `once`"))?;
        if page.keys.first().is_some_and(|first| first.name == pair.key) {
            present.insert(pair.key.to_string());
        }
    }
    Ok(present)
}

/// The namespace that a create which was cut off may have left. It is waited for as long as it may
/// be missing from the list: forgetting it would orphan it.
async fn created(
    api: &Namespaces,
    id: &str,
    creating: &Creating,
) -> Result<Option<String>, DeployError> {
    let find = || async { Ok(titled(&list(api, id).await?, &creating.title)) };
    match wait::settling(creating.since) {
        Some(left) => wait::until(left, find, Option::is_some).await,
        None => find().await,
    }
}

/// A namespace that is there and may have to go.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) namespace_id: String,
    /// Whether it may be deleted, and not only forgotten.
    pub(crate) removable: bool,
    /// How many of its keys no declaration wrote; not counted when it stays.
    pub(crate) undeclared: u64,
}

/// Observes a namespace that may have to go.
pub(crate) async fn observe_removal(
    api: &Namespaces,
    id: &str,
    record: &Record,
    declaration: Option<&Declaration>,
) -> Result<Option<Found>, DeployError> {
    let namespace_id = match record {
        Record::Creating(creating) => created(api, id, creating).await?,
        Record::Deployed(deployment) => current(api, id, deployment).await?.map(|info| info.id),
    };
    let Some(namespace_id) = namespace_id else { return Ok(None) };
    let removable = is_removable(record, declaration);
    let undeclared =
        if removable { count_undeclared(api, id, &namespace_id, record).await? } else { 0 };
    Ok(Some(Found { namespace_id, removable, undeclared }))
}

/// Whether a namespace may be deleted: one that was adopted only when its declaration says so in
/// so many words. One that left the code keeps what its declaration said last.
fn is_removable(record: &Record, declaration: Option<&Declaration>) -> bool {
    let (origin, recorded) = match record {
        Record::Creating(_) => (Origin::Created, None),
        Record::Deployed(deployment) => (deployment.origin, deployment.delete),
    };
    declaration
        .map_or(recorded, |declaration| declaration.delete)
        .unwrap_or(origin == Origin::Created)
}

async fn count_undeclared(
    api: &Namespaces,
    id: &str,
    namespace_id: &str,
    record: &Record,
) -> Result<u64, DeployError> {
    let mut undeclared = 0;
    list_keys(api, id, namespace_id, |key| {
        undeclared += u64::from(match record {
            Record::Creating(_) => true,
            Record::Deployed(deployment) => !deployment.keys.contains_key(key.as_str()),
        });
    })
    .await?;
    Ok(undeclared)
}

async fn list(api: &Namespaces, id: &str) -> Result<Vec<NamespaceInfo>, DeployError> {
    api.list().await.map_err(DeployError::request(id, "list the namespaces of the account"))
}

fn titled(namespaces: &[NamespaceInfo], title: &str) -> Option<String> {
    namespaces.iter().find(|info| info.title == title).map(|info| info.id.clone())
}

/// What is there of a namespace that the state has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub(crate) enum Seen {
    /// It is there.
    There {
        /// The title that others gave it.
        #[serde(skip_serializing_if = "Option::is_none")]
        renamed_to: Option<String>,
        /// The keys that others changed or removed.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        drift: BTreeMap<String, Drift>,
    },
    /// It is not there.
    Gone,
}

/// Looks at a namespace that the state has, and at its keys when it is still declared.
pub(crate) async fn look_at(
    api: &Namespaces,
    id: &str,
    record: &Record,
    resolved: Option<&Resolved>,
    state: &State,
    jobs: usize,
) -> Result<Seen, DeployError> {
    let deployment = match record {
        Record::Deployed(deployment) => deployment,
        Record::Creating(creating) => {
            let found = titled(&list(api, id).await?, &creating.title);
            let there = Seen::There { renamed_to: None, drift: BTreeMap::new() };
            return Ok(found.map_or(Seen::Gone, |_| there));
        }
    };
    let Some(info) = current(api, id, deployment).await? else { return Ok(Seen::Gone) };
    let drift = match resolved {
        Some(resolved) => drift(api, resolved, deployment, state.digest_key(), jobs).await?,
        None => BTreeMap::new(),
    };
    let renamed_to = Some(info.title).filter(|title| *title != deployment.title);
    Ok(Seen::There { renamed_to, drift })
}
