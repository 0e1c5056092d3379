//! Plans: what will be done, as plain data, computed from the declarations, the state and the
//! observations.

mod declared;
mod removal;
mod values;

use std::collections::BTreeMap;

use arcstr::Substr;
use serde::Serialize;

use super::observe::Drift;

pub(super) use declared::{Declared, Settled, plan_declared};
pub(super) use removal::{Ownership, likely_renames, plan_removal};
pub(super) use values::Side;
pub use values::{PartChange, ValueChange};

/// The version of a plan's JSON format, which `docs/plan.schema.json` describes.
pub const PLAN_FORMAT: u32 = 1;

/// Everything that a deploy or a destroy will do, and where.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let plan = Notes::deploy().stage("prod").plan().await?;
/// println!("{} keys to write, {} requests billed as writes", plan.writes(), plan.billed.writes);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The version of the JSON format: [`PLAN_FORMAT`].
    pub format: u32,
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The accounts of its namespaces.
    pub accounts: Vec<PlanAccount>,
    /// The folder of a local deploy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
    /// The base URLs that are not Cloudflare's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub base_urls: Vec<String>,
    /// Where the state is kept.
    pub state: String,
    /// The namespaces, in the order in which they are worked on.
    pub namespaces: Vec<NamespacePlan>,
    /// How many operations Cloudflare will bill; none in a local deploy.
    pub billed: Billed,
    /// Digest of the values to write, to compare two plans.
    #[serde(skip)]
    pub(super) fingerprint: String,
}

/// Operations that Cloudflare bills
/// (<https://developers.cloudflare.com/kv/platform/pricing/>).
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let billed = Notes::deploy().stage("prod").plan().await?.billed;
/// println!("{} writes, {} deletes", billed.writes, billed.deletes);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Billed {
    /// How many keys are written.
    pub writes: u64,
    /// How many keys are deleted.
    pub deletes: u64,
}

/// An account that a plan works on.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for account in Notes::deploy().plan().await?.accounts {
///     println!("{} {:?}", account.id, account.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct PlanAccount {
    /// Its id.
    pub id: String,
    /// Its name, if known without another request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What will be done with one namespace.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in Notes::deploy().plan().await?.namespaces {
///     println!("{}: {} to put, {} to delete", namespace.id, namespace.put.len(), namespace.delete.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NamespacePlan {
    /// Its id in the declarations.
    pub id: String,
    /// The title that it will have, or its last title if it will be removed.
    pub title: String,
    /// What will be done with the namespace itself.
    #[serde(flatten)]
    pub action: Action,
    /// The keys to write, in the order of the declaration.
    pub put: Vec<KeyChange>,
    /// The keys to delete: this tool wrote them, and they are no longer declared.
    pub delete: Vec<String>,
    /// The keys that are removed from the state and stay at Cloudflare: those that were declared `once`,
    /// and those that already had the declared value, so that this tool never wrote them.
    pub forget: Vec<String>,
    /// The keys that already exist and stay as they are: those declared `once`, and those that already
    /// have the declared value although this tool did not write it.
    pub settle: Vec<KeyChange>,
    /// The keys that others changed or removed, which are not written again without `--repair`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub drift: BTreeMap<String, Drift>,
    /// How the values of keys change, if that was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, ValueChange>,
    /// The namespace's previous id in the state, if its declaration changed the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// The id of a namespace that will be created and looks like this one renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likely_renamed_to: Option<String>,
}

/// What will be done with a namespace.
///
/// ```no_run
/// use kv_runtime::Action;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in Notes::deploy().plan().await?.namespaces {
///     if let Action::Destroy { keys, .. } = namespace.action {
///         println!("{} is destroyed with {keys} keys", namespace.id);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// The namespace does not exist yet and is created.
    Create,
    /// An earlier deploy was interrupted while it created the namespace.
    Resume {
        /// The title with which it was being created.
        created_as: String,
        /// Cloudflare's id of it, if it exists.
        namespace_id: Option<String>,
    },
    /// It vanished from the account and is created again.
    Recreate {
        /// Cloudflare's id of the one that vanished.
        lost: String,
    },
    /// An existing namespace with the title is taken over.
    Adopt {
        /// Cloudflare's id of it.
        namespace_id: String,
        /// Cloudflare's id of the namespace that vanished and that this one replaces.
        #[serde(skip_serializing_if = "Option::is_none")]
        lost: Option<String>,
    },
    /// It has another title and is renamed.
    Rename {
        /// Cloudflare's id of it.
        namespace_id: String,
        /// Its current title.
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
        /// How many keys are deleted with it.
        keys: u64,
        /// How many of them this tool did not write.
        undeclared: u64,
    },
    /// It is removed from the state and stays at Cloudflare with its data.
    Retain {
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// It is removed from the state, because it no longer exists at Cloudflare.
    Forget,
    /// It is left alone: this program does not list it, but another program may.
    Leave {
        /// The programs that list it, each as `PACKAGE/BINARY`; empty if that is not known.
        deployers: Vec<String>,
    },
}

/// A key to write, or to leave as it is.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in Notes::deploy().plan().await?.namespaces {
///     for change in &namespace.put {
///         println!("{}, {:?} bytes: {:?}", change.key, change.bytes, change.reason);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeyChange {
    /// The key.
    pub key: Substr,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
    /// How many bytes its value has; `None` for an `env(...)`, whose length is kept secret too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u32>,
}

/// Why a key is written or left as it is.
///
/// ```no_run
/// use kv_runtime::Reason;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in Notes::deploy().plan().await?.namespaces {
///     let lost = |reason| matches!(reason, Reason::Overwrite { .. });
///     let lost = namespace.put.iter().filter(|change| lost(change.reason));
///     println!("{} values of others are overwritten", lost.count());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// It was not deployed before.
    New,
    /// Its declaration changed.
    Changed,
    /// An earlier write of it was never confirmed.
    Unconfirmed,
    /// Its TTL starts over, as was asked for.
    Renewed,
    /// Others changed or removed it, and a repair was asked for.
    Repaired,
    /// It replaces a value that this tool did not write.
    Overwrite {
        /// How many bytes that value has; `None` for an `env(...)`.
        #[serde(skip_serializing_if = "Option::is_none")]
        replaced_bytes: Option<u32>,
    },
    /// It exists and is left to the application.
    Once,
    /// It already has the declared value, although this tool did not write it.
    Equal,
}

impl Plan {
    /// Whether nothing will change, neither at Cloudflare nor in the state's set of namespaces.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespaces.iter().all(NamespacePlan::is_empty)
    }

    /// How many keys are written and deleted.
    #[must_use]
    pub fn writes(&self) -> u64 {
        let writes = |plan: &NamespacePlan| (plan.put.len() + plan.delete.len()) as u64;
        self.namespaces.iter().map(writes).sum()
    }

    /// Whether keys or namespaces would be deleted.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.namespaces.iter().any(NamespacePlan::deletes)
    }

    /// How many keys others changed or removed, if that was asked for and they are not repaired.
    #[must_use]
    pub fn drifted_keys(&self) -> usize {
        self.namespaces.iter().map(|namespace| namespace.drift.len()).sum()
    }
}

impl NamespacePlan {
    /// Whether nothing will change at Cloudflare, nor whether the state has the namespace. What the state
    /// records about single keys can still change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.action, Action::Keep { .. } | Action::Leave { .. })
            && self.put.is_empty()
            && self.delete.is_empty()
    }

    /// Whether keys or the namespace would be deleted.
    #[must_use]
    pub fn deletes(&self) -> bool {
        matches!(self.action, Action::Destroy { .. }) || !self.delete.is_empty()
    }

    /// How many bytes the values to write have, without those of `env(...)`.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.put.iter().filter_map(|put| put.bytes).map(u64::from).sum()
    }

    /// How many values that this tool did not write will be replaced.
    #[must_use]
    pub fn overwrites(&self) -> usize {
        self.put.iter().filter(|put| matches!(put.reason, Reason::Overwrite { .. })).count()
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
            values: BTreeMap::new(),
            moved_from: None,
            likely_renamed_to: None,
        }
    }
}
