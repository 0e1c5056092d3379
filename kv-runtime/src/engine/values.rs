//! Reads the values that a plan changes, for `plan --values`.

use std::collections::HashMap;

use super::error::DeployError;
use super::plan::{Action, NamespacePlan, Side, ValueChange};
use super::planning::{Planned, Step};
use super::resolve::stored_values;
use super::run::Run;
use crate::data::{StoredPair, read_keys};
use crate::state::{KeyRecord, Record, State};

impl Run {
    /// Adds the old and the new value of each key that a plan changes. Values of `env(...)` are neither read
    /// nor shown.
    pub(super) async fn add_values(
        &self,
        planned: &mut Planned<'_>,
        state: &State,
    ) -> Result<(), DeployError> {
        let Planned { plan, steps } = planned;
        for (namespace, step) in plan.namespaces.iter_mut().zip(steps) {
            let Step::Declared(declared, account) = step else { continue };
            let record = state.namespaces.get(&namespace.id).and_then(Record::deployment);
            let is_secret = |key: &str| is_secret(record.and_then(|record| record.keys().get(key)));
            let pairs = &declared.puts;
            let keys = pairs.iter().map(|pair| (pair.key.as_str(), pair.secret().is_some()));
            let keys = keys.chain(namespace.delete.iter().map(|key| (key.as_str(), false)));
            let readable = keys.filter(|(key, secret)| !secret && !is_secret(key));
            let readable: Vec<String> = readable.map(|(key, _)| key.to_owned()).collect();
            let old = match namespace.existing_id() {
                Some(namespace_id) if !readable.is_empty() => {
                    let store = account.remote().store(namespace_id);
                    let store =
                        store.map_err(DeployError::request(&namespace.id, "open its store"))?;
                    let read = read_keys(self.place(&*store), readable).await;
                    read.map_err(|error| self.data_failed(&namespace.id, error))?
                }
                _ => HashMap::new(),
            };
            let side = |key: &str| match old.get(key) {
                _ if is_secret(key) => Side::Secret("[env]"),
                None => Side::None,
                Some(StoredPair { value, .. }) => Side::Value(value),
            };
            let mut values = Vec::new();
            for chunk in pairs.chunks(64) {
                let new = stored_values(chunk).map_err(|error| {
                    DeployError::request(&namespace.id, "read its seeds")(error.into())
                })?;
                for (pair, new) in chunk.iter().zip(new) {
                    let hidden = pair.secret().map(|name| format!("[env {name}]"));
                    let new = hidden.as_deref().map_or(Side::Value(&new), Side::Secret);
                    let old = match pair.secret() {
                        Some(_) if namespace.existing_id().is_some() => Side::Secret("[env]"),
                        _ => side(&pair.key),
                    };
                    values.push((pair.key.to_string(), ValueChange::new(old, new)));
                }
            }
            let gone = namespace.delete.iter();
            values.extend(gone.map(|key| (key.clone(), ValueChange::new(side(key), Side::None))));
            namespace.values = values.into_iter().collect();
        }
        Ok(())
    }
}

impl NamespacePlan {
    /// Cloudflare's id of the namespace whose keys are changed; `None` for a new one.
    pub(super) fn existing_id(&self) -> Option<&str> {
        match &self.action {
            Action::Keep { namespace_id }
            | Action::Rename { namespace_id, .. }
            | Action::Adopt { namespace_id, .. }
            | Action::Resume { namespace_id: Some(namespace_id), .. } => Some(namespace_id),
            _ => None,
        }
    }
}

/// Whether a record is for a value that `env(...)` declared.
pub(super) fn is_secret(record: Option<&KeyRecord>) -> bool {
    record.is_some_and(|record| record.secret)
}
