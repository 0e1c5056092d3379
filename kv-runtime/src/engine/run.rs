//! One deploy or destroy from its declarations to its end.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::apply::Apply;
use super::connect::Connector;
use super::error::DeployError;
use super::event::Reporter;
use super::interrupt::Interrupt;
use super::observe::{Look, Seen, look_at, observe, observe_removal};
use super::options::{Options, Target, root};
use super::plan::{NamespacePlan, Plan, Wishes, is_written, plan_declared, plan_removal};
use super::resolve::{Resolved, resolve};
use crate::api::Namespaces;
use crate::declaration::{Account, Declaration};
use crate::state::{Deployment, Holder, Origin, Record, Session, State, StateError, StateStore};
use crate::store::Store;

/// A deployed namespace.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Deployed {
    /// Its id in the declarations and the state.
    pub id: String,
    /// What it is: always `kv_namespace`.
    pub kind: &'static str,
    /// Its title.
    pub title: String,
    /// Cloudflare's id of it.
    pub namespace_id: String,
    /// The account in which it is.
    pub account_id: String,
    /// The name of its Worker binding.
    pub binding: String,
    /// How many keys this tool keeps in it.
    pub keys: usize,
    /// When it came to be in the state.
    pub created_at: Timestamp,
    /// When this tool last changed it.
    pub modified_at: Timestamp,
    #[serde(skip)]
    store: Store,
}

impl Deployed {
    /// The namespace as an application reads and writes it.
    #[must_use]
    pub fn store(&self) -> Store {
        self.store.clone()
    }
}

/// Declarations on their way to being deployed.
#[derive(Debug)]
pub(crate) struct Run {
    options: Options,
    store: Arc<dyn StateStore>,
    declarations: Vec<&'static Declaration>,
    connector: Connector,
    connected: HashMap<String, Namespaces>,
}

impl Run {
    pub(crate) async fn new(
        declarations: &[&'static Declaration],
        options: Options,
    ) -> Result<Self, DeployError> {
        let root = root(declarations);
        let (connector, default) = match &options.target {
            Target::Remote => {
                let connector = Connector::remote(options.overrides.clone(), options.retry);
                (connector, root.join(".kv"))
            }
            Target::Local(folder) => {
                let folder = root.join(folder);
                (Connector::local(&folder, options.retry).await?, folder.join("kv-deploy"))
            }
        };
        let store = match &options.state {
            Some(store) => Arc::clone(store),
            None => Arc::new(crate::state::FileStore::new(default)),
        };
        let chosen = |d: &&&'static Declaration| {
            options.only.is_empty() || options.only.iter().any(|id| id == d.id)
        };
        let declarations = declarations.iter().filter(chosen).copied().collect();
        Ok(Self { options, store, declarations, connector, connected: HashMap::new() })
    }

    /// Takes the stage's lock and reads its state.
    pub(crate) async fn open(&self) -> Result<Session, StateError> {
        Session::open(&*self.store, &self.options.stage).await
    }

    /// Reads the stage's state without its lock.
    pub(crate) async fn read(&self) -> Result<State, StateError> {
        Session::read(&*self.store, &self.options.stage).await
    }

    /// The stages of the app that have a state.
    pub(crate) async fn stages(&self) -> Result<Vec<String>, StateError> {
        self.store.stages(self.options.stage.app()).await
    }

    /// Breaks the stage's lock and says who held it.
    pub(crate) async fn unlock(&self) -> Result<Option<Holder>, StateError> {
        self.store.unlock(&self.options.stage).await
    }

    /// The folder of a local deploy.
    pub(crate) fn local_folder(&self) -> Option<&Path> {
        self.connector.local_folder()
    }

    /// Looks at a namespace of the state and at its declared keys.
    pub(crate) async fn look_at(
        &mut self,
        id: &str,
        state: &State,
        resolved: &mut [Resolved],
    ) -> Result<Seen, DeployError> {
        let Some(record) = state.namespaces.get(id) else { return Ok(Seen::Gone) };
        let api = self.connect(id, self.account(id), Some(record)).await?;
        let mut resolved = resolved.iter_mut().find(|resolved| resolved.declaration.id == id);
        if let Some(resolved) = &mut resolved {
            resolved.read_spreads()?;
        }
        look_at(&api, id, record, resolved.as_deref(), state, self.options.jobs).await
    }

    /// Takes an existing namespace into the state and gives its title; `None` when there is none.
    pub(crate) async fn import(
        &mut self,
        id: &str,
        namespace_id: &str,
        session: &mut Session,
    ) -> Result<Option<String>, DeployError> {
        if self.declarations.iter().all(|declaration| declaration.id != id) {
            return Err(DeployError::UnknownId(id.to_owned()));
        }
        let api = self.connect(id, self.account(id), None).await?;
        let found = api.get(namespace_id).await;
        let Some(info) = found.map_err(DeployError::request(id, "look the namespace up"))? else {
            return Ok(None);
        };
        if let Some(owner) = session.state().owner(&info.id) {
            let (id, owner) = (id.to_owned(), owner.to_owned());
            return Err(DeployError::NamespaceOwned { id, namespace_id: info.id, owner });
        }
        let title = info.title.clone();
        let deployment = Deployment::new(info, api.account_id(), Origin::Adopted);
        session.state_mut().namespaces.insert(id.to_owned(), Record::Deployed(deployment));
        session.save().await?;
        Ok(Some(title))
    }

    /// Where and as whom a namespace is deployed; one that left the code: as the environment says.
    fn account(&self, id: &str) -> &'static Account {
        let declaration = self.declarations.iter().find(|declaration| declaration.id == id);
        declaration.map_or(&Account::FROM_ENVIRONMENT, |declaration| &declaration.account)
    }

    /// Checks and fills in everything that needs neither a request nor the state.
    pub(crate) fn resolve(&self) -> Result<Vec<Resolved>, DeployError> {
        let resolved = resolve(&self.declarations, &self.options.stage, Timestamp::now());
        let checks = self.declarations.iter().map(|d| self.connector.check(d.id, &d.account));
        let (resolved, checked) = match resolved {
            Ok(resolved) => (resolved, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        DeployError::collect(std::iter::once(checked).chain(checks))?;
        Ok(resolved)
    }

    /// Plans a deploy: the declared namespaces in their order, then those that left the code.
    pub(crate) async fn plan_deploy(
        &mut self,
        resolved: &mut [Resolved],
        state: &State,
    ) -> Result<Plan, DeployError> {
        let Options { adopt, renew, repair, refresh, drift, jobs, .. } = self.options;
        let wishes = Wishes { adopt, renew, repair };
        let look = Look { refresh, drift: drift || repair, jobs };
        let every_key = renew || look.drift;
        let unwritten = resolved.iter_mut().filter(|r| every_key || !is_written(r, state));
        DeployError::collect(unwritten.map(Resolved::read_spreads))?;
        let mut namespaces = Vec::new();
        for resolved in resolved.iter_mut() {
            let declaration = resolved.declaration;
            let record = state.namespaces.get(declaration.id);
            let api = self.connect(declaration.id, &declaration.account, record).await?;
            let observation = observe(&api, resolved, state, look).await?;
            if !observation.namespace.is_there() {
                resolved.read_spreads()?;
            }
            namespaces.push(plan_declared(resolved, state, &observation, wishes)?);
        }
        self.known(state, |id| resolved.iter().any(|r| r.declaration.id == id))?;
        if self.options.prune && self.options.only.is_empty() {
            for (id, record) in &state.namespaces {
                if resolved.iter().all(|resolved| resolved.declaration.id != id) {
                    namespaces.push(self.plan_removal(id, record).await?);
                }
            }
        }
        Ok(self.plan(namespaces))
    }

    /// Plans to destroy what the state has.
    pub(crate) async fn plan_destroy(&mut self, state: &State) -> Result<Plan, DeployError> {
        let only = self.options.only.clone();
        let declared: Vec<_> = self.declarations.iter().map(|d| d.id).collect();
        self.known(state, |id| declared.contains(&id))?;
        let mut namespaces = Vec::new();
        for (id, record) in &state.namespaces {
            if only.is_empty() || only.contains(id) {
                namespaces.push(self.plan_removal(id, record).await?);
            }
        }
        Ok(self.plan(namespaces))
    }

    fn plan(&self, namespaces: Vec<NamespacePlan>) -> Plan {
        let (app, stage) = (self.options.stage.app(), self.options.stage.stage());
        Plan { app: app.to_owned(), stage: stage.to_owned(), namespaces }
    }

    /// Refuses an `--only` that names nothing.
    fn known(&self, state: &State, declared: impl Fn(&str) -> bool) -> Result<(), DeployError> {
        let unknown = |id: &&String| !declared(id) && !state.namespaces.contains_key(*id);
        match self.options.only.iter().find(unknown) {
            Some(id) => Err(DeployError::UnknownId(id.clone())),
            None => Ok(()),
        }
    }

    async fn plan_removal(
        &mut self,
        id: &str,
        record: &Record,
    ) -> Result<NamespacePlan, DeployError> {
        let declaration = self.declarations.iter().find(|d| d.id == id).copied();
        let api = self.connect(id, self.account(id), Some(record)).await?;
        let found = observe_removal(&api, id, record, declaration).await?;
        Ok(plan_removal(id, record, found))
    }

    async fn connect(
        &mut self,
        id: &str,
        account: &Account,
        record: Option<&Record>,
    ) -> Result<Namespaces, DeployError> {
        let api = self.connector.connect(id, account, record.map(Record::account_id)).await?;
        self.connected.insert(id.to_owned(), api.clone());
        Ok(api)
    }

    /// Refuses a plan that would delete keys which no declaration wrote, unless that was asked for.
    pub(crate) fn allow(&self, plan: &Plan) -> Result<(), DeployError> {
        match plan.undeclared_keys() {
            Some(error) if !self.options.delete_data => Err(error),
            _ => Ok(()),
        }
    }

    /// Does what the plan says, namespace by namespace.
    pub(crate) async fn apply(
        &self,
        plan: &Plan,
        resolved: &[Resolved],
        session: &mut Session,
        reporter: &dyn Reporter,
        interrupt: &Interrupt,
    ) -> Result<(), DeployError> {
        self.allow(plan)?;
        let mut apply = Apply { session, reporter, interrupt, jobs: self.options.jobs };
        for namespace in &plan.namespaces {
            let Some(api) = self.connected.get(&namespace.id) else { continue };
            let declared = resolved.iter().find(|r| r.declaration.id == namespace.id);
            match declared {
                Some(resolved) => apply.declared(namespace, resolved, api).await?,
                None => apply.removed(namespace, api).await?,
            }
        }
        Ok(())
    }

    /// The declared namespaces as the state has them.
    pub(crate) fn deployed(&self, state: &State) -> Result<Vec<Deployed>, DeployError> {
        let deployed = |declaration: &&'static Declaration| {
            let Some(Record::Deployed(deployment)) = state.namespaces.get(declaration.id) else {
                return None;
            };
            let api = self.connected.get(declaration.id)?;
            let store = self.connector.store(api, &deployment.namespace_id);
            Some(store.map(|store| Deployed {
                id: declaration.id.to_owned(),
                kind: "kv_namespace",
                title: deployment.title.clone(),
                namespace_id: deployment.namespace_id.clone(),
                account_id: deployment.account_id.clone(),
                binding: declaration.binding.to_owned(),
                keys: deployment.keys.len(),
                created_at: deployment.created_at,
                modified_at: deployment.modified_at,
                store,
            }))
        };
        self.declarations.iter().filter_map(deployed).collect()
    }
}
