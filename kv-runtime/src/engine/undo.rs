//! Saves what a deploy overwrites and deletes, and restores it.

use std::path::{Path, PathBuf};

use super::data::{DataPlan, RestoreFrom};
use super::error::DeployError;
use super::host::{Event, Host};
use super::plan::{Action, Reason};
use super::planning::{Planned, Step};
use super::run::Run;
use super::values::is_secret;
use crate::data::{BulkSource, Undo};
use crate::state::{Record, State};

impl Run {
    /// Saves the pairs that a plan will overwrite or delete to private files. Without `--keep-undo`, removes
    /// what an earlier deploy saved, because it is no longer of use.
    pub(super) async fn keep_undo(
        &self,
        planned: &Planned<'_>,
        state: &State,
        host: &dyn Host,
    ) -> Result<(), DeployError> {
        let Planned { plan, steps } = planned;
        if plan.is_empty() {
            return Ok(());
        }
        let folder = self.undo_folder();
        if !self.options.keep_undo {
            return Undo::forget(&folder).map_err(|error| self.data_failed(&plan.stage, error));
        }
        let destroyed = |plan: &&super::plan::NamespacePlan| {
            matches!(plan.action, Action::Destroy { keys: 1.., .. })
        };
        if let Some(plan) = plan.namespaces.iter().find(destroyed) {
            return Err(DeployError::CannotUndo(plan.id.clone()));
        }
        for (namespace, step) in plan.namespaces.iter().zip(steps) {
            let (Step::Declared(declared, account), Some(namespace_id)) =
                (step, namespace.existing_id())
            else {
                continue;
            };
            let record = state.namespaces.get(&namespace.id).and_then(Record::deployment);
            let secret = |key: &str| is_secret(record.and_then(|record| record.keys().get(key)));
            let puts = declared.puts.iter().zip(&namespace.put);
            let puts = puts
                .filter(|(pair, change)| change.reason != Reason::New && pair.secret().is_none());
            let puts = puts.map(|(pair, _)| pair.key.as_str());
            let deletes = namespace.delete.iter().map(String::as_str);
            let keys = puts.chain(deletes).filter(|key| !secret(key)).map(str::to_owned);
            let keys: Vec<String> = keys.collect();
            let changed = declared.puts.iter().zip(&namespace.put).filter_map(|(pair, change)| {
                let is_secret = pair.secret().is_some() || secret(&pair.key);
                (change.reason != Reason::New && is_secret).then(|| pair.key.to_string())
            });
            let gone = namespace.delete.iter().filter(|key| secret(key)).cloned();
            let secrets: Vec<String> = changed.chain(gone).collect();
            if !secrets.is_empty() {
                host.event(Event::NotKept { id: &namespace.id, keys: &secrets });
            }
            let store = account.remote().store(namespace_id);
            let store = store.map_err(DeployError::request(&namespace.id, "open its store"))?;
            let place = self.place(&*store);
            let undo = Undo { folder: &folder, app: &plan.app, stage: &plan.stage };
            let kept = undo.keep(&namespace.id, namespace_id, keys, secrets, place).await;
            kept.map_err(|error| self.data_failed(&namespace.id, error))?;
        }
        Ok(())
    }

    /// Marks the saved pairs with the state that the deploy left when it was done.
    pub(super) fn close_undo(&self, state: &State) -> Result<(), DeployError> {
        if !self.options.keep_undo {
            return Ok(());
        }
        for (id, record) in &state.namespaces {
            if let Some(deployment) = record.deployment() {
                let closed = Undo::close(&self.undo_folder(), id, deployment.mark());
                closed.map_err(|error| self.data_failed(id, error))?;
            }
        }
        Ok(())
    }

    /// Restores what the last deploy with `--keep-undo` overwrote or deleted, after `host` agreed.
    pub(crate) async fn undo(&mut self, host: &dyn Host) -> Result<Vec<DataPlan>, DeployError> {
        let folder = self.undo_folder();
        let state = self.existing_state().await?;
        let (app, stage) = (self.options.stage.app(), self.options.stage.stage());
        let mut sources = Vec::new();
        for id in Undo::ids(&folder) {
            let failed = |error| self.data_failed(&id, error);
            let source = BulkSource::open(&Undo::file(&folder, &id)).await.map_err(failed)?;
            let Some(about) = source.about().cloned() else { continue };
            let deployment = state.namespaces.get(&id).and_then(Record::deployment);
            let is_same = deployment.is_some_and(|deployment| {
                deployment.namespace_id == about.namespace_id
                    && about.left_state.as_ref().is_none_or(|left| *left == deployment.mark())
            });
            if !is_same {
                return Err(DeployError::DeployedSince(id));
            }
            let from = format!("as it was before the deploy at {}", about.begun_at);
            let secrets_left_out = about.secrets_left_out;
            sources.push(RestoreFrom { id, source, from, is_own: true, secrets_left_out });
        }
        if sources.is_empty() {
            let (app, stage) = (app.to_owned(), stage.to_owned());
            return Err(DeployError::NothingToUndo { app, stage });
        }
        let plans = self.restore("undo", sources, host).await?;
        Undo::forget(&folder).map_err(|error| self.data_failed("undo", error))?;
        Ok(plans)
    }

    /// The folder in which this stage saves what can be undone: on this machine, wherever the state is kept.
    fn undo_folder(&self) -> PathBuf {
        let (app, stage) = (self.options.stage.app(), self.options.stage.stage());
        let private: &Path = &self.options.private_folder;
        private.join(app).join(format!("{stage}.undo"))
    }
}
