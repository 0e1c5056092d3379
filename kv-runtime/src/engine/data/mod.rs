//! Work on the pairs of deployed namespaces outside the lifecycle: under the same lock, with the same
//! consent, and with the changes to managed keys recorded in the state.

mod audit;
mod export;
mod one;
mod restore;
mod sample;

use std::sync::Arc;

use serde::Serialize;

use super::error::DeployError;
use super::plan::PlanAccount;
use super::run::Run;
use crate::data::{PairChanges, Place};
use crate::raw::RawStore;
use crate::state::{Record, State};
use crate::typed::Declaration;

pub(crate) use audit::Audited;
pub(crate) use export::{ExportTarget, Exported, Select, check_met};
pub(crate) use restore::RestoreFrom;

/// The version of a [`DataPlan`]'s JSON format.
const DATA_FORMAT: u32 = 1;

/// What a command will write to the pairs of one namespace.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DataPlan {
    pub(crate) format: u32,
    /// The command.
    pub(crate) command: &'static str,
    pub(crate) app: String,
    pub(crate) stage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<PlanAccount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) local: Option<String>,
    /// The namespace's id in the declarations.
    pub(crate) id: String,
    /// Cloudflare's id of it.
    pub(crate) namespace_id: String,
    /// Where the pairs come from.
    pub(crate) from: String,
    #[serde(flatten)]
    pub(crate) changes: PairChanges,
    /// The keys that were left out because `env(...)` declares their values.
    pub(crate) secrets_left_out: Vec<String>,
    /// How many values match none of their types, and are left unchanged.
    pub(crate) misfits: u64,
}

/// A namespace that a command works on.
pub(super) struct Opened {
    pub(super) id: String,
    pub(super) namespace_id: String,
    pub(super) account: PlanAccount,
    pub(super) declaration: Option<&'static Declaration>,
    pub(super) store: Arc<dyn RawStore>,
    /// The keys whose values `env(...)` declared when they were deployed.
    pub(super) secrets: Vec<String>,
}

impl Run {
    /// The ids that a command works on: the given one, or all those in the state that `--only` covers.
    fn ids(&self, id: Option<&str>, state: &State) -> Result<Vec<String>, DeployError> {
        let known = || state.namespaces.keys().cloned();
        match id {
            Some(id) if state.namespaces.contains_key(id) => Ok(vec![id.to_owned()]),
            Some(id) if self.declarations.iter().any(|declaration| declaration.id == id) => {
                Err(DeployError::NotDeployed(vec![id.to_owned()]))
            }
            Some(id) => Err(DeployError::UnknownId { id: id.to_owned(), known: known().collect() }),
            None => {
                self.check_only(state)?;
                Ok(known().filter(|id| self.options.covers(id)).collect())
            }
        }
    }

    /// Opens a namespace of the state.
    pub(super) async fn open_recorded(
        &mut self,
        id: &str,
        state: &State,
    ) -> Result<Opened, DeployError> {
        let record = state.namespaces.get(id);
        let Some(deployment) = record.and_then(Record::deployment) else {
            return Err(DeployError::NotDeployed(vec![id.to_owned()]));
        };
        let namespace_id = deployment.namespace_id.clone();
        self.open_namespace(id, record, namespace_id).await
    }

    /// Opens a namespace by Cloudflare's id.
    pub(super) async fn open_namespace(
        &mut self,
        id: &str,
        record: Option<&Record>,
        namespace_id: String,
    ) -> Result<Opened, DeployError> {
        let account = self.connect(id, record).await?;
        let remote = account.remote();
        let store = remote.store(&namespace_id);
        let store = store.map_err(DeployError::request(id, "open its store"))?;
        let name = remote.account_name().map(|name| self.redact(name));
        let account = PlanAccount { id: remote.account_id().to_owned(), name };
        let declaration = self.declarations.iter().find(|declaration| declaration.id == id);
        let declaration = declaration.copied();
        let keys = record.and_then(Record::deployment).into_iter();
        let keys = keys.flat_map(|deployment| deployment.keys().iter());
        let secrets = keys.filter(|(_, record)| record.secret);
        let secrets = secrets.map(|(key, _)| key.to_string()).collect();
        Ok(Opened { id: id.to_owned(), namespace_id, account, declaration, store, secrets })
    }

    /// Where the pairs of a namespace are, for [`crate::data`].
    fn data_place<'a>(&'a self, opened: &'a Opened) -> Place<'a> {
        self.place(&*opened.store)
    }

    /// Where the pairs of a store are.
    pub(super) fn place<'a>(&'a self, store: &'a dyn RawStore) -> Place<'a> {
        Place { store, interrupt: &self.context.interrupt, jobs: self.options.jobs }
    }

    /// A plan for the pairs of a namespace.
    fn data_plan(&self, command: &'static str, opened: &Opened, from: String) -> DataPlan {
        let local = self.local_folder().map(|folder| folder.display().to_string());
        DataPlan {
            format: DATA_FORMAT,
            command,
            app: self.options.stage.app().to_owned(),
            stage: self.options.stage.stage().to_owned(),
            account: local.is_none().then(|| opened.account.clone()),
            local,
            id: opened.id.clone(),
            namespace_id: opened.namespace_id.clone(),
            from,
            changes: PairChanges::default(),
            secrets_left_out: Vec::new(),
            misfits: 0,
        }
    }

    /// The ids of the namespaces to copy from another stage to this one: those that both stages have.
    pub(crate) async fn check_copy(&mut self, from: &mut Self) -> Result<Vec<String>, DeployError> {
        let (source, target) = (from.existing_outline().await?, self.existing_outline().await?);
        self.check_only(&target)?;
        let mut ids = Vec::new();
        for id in from.ids(None, &source)? {
            let namespace = |state: &State| {
                let record = state.namespaces.get(&id)?.deployment()?;
                Some(record.namespace_id.clone())
            };
            match (namespace(&source), namespace(&target)) {
                (Some(one), Some(other)) if one == other => {
                    return Err(DeployError::SameNamespace { id, namespace_id: one });
                }
                (Some(_), Some(_)) => ids.push(id),
                _ => {}
            }
        }
        if ids.is_empty() {
            let stage = |run: &Self| run.options.stage.stage().to_owned();
            return Err(DeployError::NothingInCommon { from: stage(from), to: stage(self) });
        }
        Ok(ids)
    }

    /// The state of a stage to which something was deployed, without its keys.
    pub(super) async fn existing_outline(&mut self) -> Result<State, DeployError> {
        let state = self.find_outline().await?;
        self.existing(state).await
    }

    /// The state of a stage to which something was deployed.
    pub(super) async fn existing_state(&mut self) -> Result<State, DeployError> {
        let state = self.find_state().await?;
        self.existing(state).await
    }

    async fn existing(&self, state: Option<State>) -> Result<State, DeployError> {
        self.check_beginning(state.as_ref()).await?;
        match state {
            Some(state) => Ok(state),
            None => Err(self.no_state().await?),
        }
    }
}
