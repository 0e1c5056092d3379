//! What will be done, as plain data, and how it follows from what is declared, recorded and there.

mod declared;
mod removal;
mod values;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::observe::Drift;

pub(super) use declared::{Declared, Put, plan_declared};
pub(super) use removal::{Ownership, likely_renames, plan_removal};
pub(super) use values::Side;
pub use values::{PartChange, ValueChange};

/// The format of a plan as JSON. `docs/plan.schema.json` describes it.
pub const PLAN_FORMAT: u32 = 1;

/// All that a deploy or a destroy will do, and where.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The format of the plan as JSON: [`PLAN_FORMAT`].
    pub format: u32,
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The accounts in which its namespaces are.
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
    /// How many operations it takes that Cloudflare bills; none in a local deploy.
    pub billed: Billed,
    /// Tells whether the values to write are the same as those of another plan.
    #[serde(skip)]
    pub(super) fingerprint: String,
}

/// Operations that Cloudflare bills
/// (<https://developers.cloudflare.com/kv/platform/pricing/>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Billed {
    /// How many keys are written.
    pub writes: u64,
    /// How many keys are deleted.
    pub deletes: u64,
}

/// An account that a plan works on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct PlanAccount {
    /// Its id.
    pub id: String,
    /// Its name, where the run knows it without asking for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What will be done with one namespace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NamespacePlan {
    /// Its id in the declarations.
    pub id: String,
    /// The title that it will have, or had last when it will go.
    pub title: String,
    /// What will be done with the namespace itself.
    #[serde(flatten)]
    pub action: Action,
    /// The keys to write, in the order of the declaration.
    pub put: Vec<KeyChange>,
    /// The keys to delete: this tool wrote them, and they left the declaration.
    pub delete: Vec<String>,
    /// The keys that stay at Cloudflare and leave the state: those that were declared `once`, and
    /// those that were there as declared without this tool having written them.
    pub forget: Vec<String>,
    /// The keys that are there already and stay as they are: those declared `once`, and those that
    /// hold what is declared although this tool did not write it.
    pub settle: Vec<KeyChange>,
    /// The keys that others changed or removed and that stay so, unless a repair is asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub drift: BTreeMap<String, Drift>,
    /// What changes in the values of keys, where that was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, ValueChange>,
    /// The id that the namespace had in the state before its declaration gave it this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// The id of the namespace that will be created, which looks like this one under another id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likely_renamed_to: Option<String>,
}

/// What will be done with a namespace.
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
        /// Cloudflare's id of the one that vanished, in whose place it is taken.
        #[serde(skip_serializing_if = "Option::is_none")]
        lost: Option<String>,
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
        /// How many keys go with it.
        keys: u64,
        /// How many of them are not this tool's.
        undeclared: u64,
    },
    /// It leaves the state and stays at Cloudflare with its data.
    Retain {
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// It leaves the state; it is not at Cloudflare any more.
    Forget,
    /// It is left alone: the program that deploys does not list it, but another one may.
    Leave {
        /// The programs that list it, each as `PACKAGE/BINARY`; none where that is not known.
        deployers: Vec<String>,
    },
}

/// A key to write, or to leave as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeyChange {
    /// The key.
    pub key: Cow<'static, str>,
    /// Why.
    pub reason: Reason,
    /// How many bytes its value has; `None` for that of an `env(...)`, whose length is not shown either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How many bytes the value has that it replaces, where this tool did not write that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_bytes: Option<u64>,
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
    /// It replaces a value that this tool did not write.
    Overwrite,
    /// It is there and left to the application.
    Once,
    /// It is there as declared, although this tool did not write it.
    Equal,
}

impl Plan {
    /// Whether nothing will change, at Cloudflare or in which namespaces the state has.
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

    /// How many keys others changed or removed, where that was asked for and is not repaired.
    #[must_use]
    pub fn drifted_keys(&self) -> usize {
        self.namespaces.iter().map(|namespace| namespace.drift.len()).sum()
    }
}

impl NamespacePlan {
    /// Whether nothing will change, at Cloudflare or in whether the state has the namespace. What
    /// the state notes of single keys may change all the same.
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
        self.put.iter().filter_map(|put| put.bytes).sum()
    }

    /// How many values will be replaced that this tool did not write.
    #[must_use]
    pub fn overwrites(&self) -> usize {
        self.put.iter().filter(|put| put.reason == Reason::Overwrite).count()
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
