//! Plans the removal of a namespace that is destroyed or no longer declared, and recognizes likely renames.

use std::collections::{BTreeSet, HashSet};

use super::super::observe::Removal;
use super::super::options::Deployer;
use super::{Action, Declared, NamespacePlan};
use crate::state::{Record, State};

/// Who owns a namespace that a program does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The program itself, because no other program lists it.
    Own,
    /// Another program lists it, or it is unknown which program does.
    Others,
}

impl Deployer {
    /// Who owns a namespace that these programs list.
    pub(crate) fn ownership(&self, deployers: &BTreeSet<String>) -> Ownership {
        let own = deployers.len() == 1 && deployers.contains(&self.program);
        if own { Ownership::Own } else { Ownership::Others }
    }

    /// The programs that list a namespace after this one has deployed it, or `None` if they stay the same. A
    /// program that deploys single namespaces claims only those that no other program lists.
    pub(crate) fn claim(
        &self,
        deployers: &BTreeSet<String>,
        take_over: bool,
    ) -> Option<BTreeSet<String>> {
        let mut claimed = if take_over { BTreeSet::new() } else { deployers.clone() };
        if self.lists_all || claimed.is_empty() {
            claimed.insert(self.program.clone());
        }
        (claimed != *deployers).then_some(claimed)
    }
}

/// Plans the removal of a namespace that is destroyed or no longer declared.
pub(crate) fn plan_removal(id: &str, record: &Record, removal: Removal) -> NamespacePlan {
    let action = match removal {
        Removal::Gone => Action::Forget,
        Removal::Kept { namespace_id } => Action::Retain { namespace_id },
        Removal::Removable { namespace_id, keys, undeclared } => {
            Action::Destroy { namespace_id, keys, undeclared }
        }
    };
    NamespacePlan::of(id, record.title(), action)
}

impl NamespacePlan {
    /// Plans to leave a namespace alone that other programs deploy.
    pub(crate) fn leave(id: &str, record: &Record, program: &str) -> Self {
        let others = record.deployers().iter().filter(|deployer| *deployer != program);
        let deployers = others.cloned().collect();
        Self::of(id, record.title(), Action::Leave { deployers })
    }
}

/// Finds namespaces that will be removed and look like one that will be created: they share keys, or one
/// namespace is removed and one is created.
pub(crate) fn likely_renames<'a>(
    removed: &mut [NamespacePlan],
    declared: impl Iterator<Item = (&'a NamespacePlan, &'a Declared<'a>)>,
    state: &State,
) {
    if removed.is_empty() {
        return;
    }
    let created: Vec<_> = declared
        .filter(|(plan, _)| matches!(plan.action, Action::Create))
        .map(|(plan, declared)| {
            let keys: HashSet<&str> = declared.puts.iter().map(|pair| pair.key.as_str()).collect();
            (plan.id.as_str(), keys)
        })
        .collect();
    let goes = |plan: &NamespacePlan| {
        matches!(plan.action, Action::Destroy { .. } | Action::Retain { .. })
    };
    let alone = created.len() == 1 && removed.iter().filter(|plan| goes(plan)).count() == 1;
    for plan in removed.iter_mut().filter(|plan| goes(plan)) {
        let deployment = state.namespaces.get(&plan.id).and_then(Record::deployment);
        let Some(deployment) = deployment else { continue };
        let shared = |keys: &HashSet<&str>| {
            deployment.keys().iter().filter(|(key, _)| keys.contains(key.as_str())).count()
        };
        let best = created.iter().map(|(id, keys)| (shared(keys), *id)).max_by_key(|best| best.0);
        plan.likely_renamed_to =
            best.filter(|(shared, _)| alone || *shared > 0).map(|(_, id)| id.to_owned());
    }
}
