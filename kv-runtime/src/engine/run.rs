//! A run: one deploy, destroy or other command, from start to end.

use std::path::Path;
use std::sync::Arc;

use kv_rules::Time;
use serde::Serialize;
use tokio::time::{Duration, Instant};

use super::account::RemoteAccount;
use super::apply::Apply;
use super::error::DeployError;
use super::host::{Event, Host};
use super::observe::Look;
use super::options::Options;
use super::plan::Plan;
use super::planning::{Planned, Step};
use super::remote::{Accounts, Recorded};
use super::resolve::{Resolved, Resolver};
use super::saved::SavedPlan;
use crate::base::{Interrupted, RunContext};
use crate::raw::RawStore;
use crate::state::{
    Deployment, DigestKey, Holder, Record, Session, StageKey, State, StateError, StateStore,
    Unlocked,
};
use crate::typed::declaration::AccountSettings;
use crate::typed::{Declaration, Store};

/// A deployed namespace.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let deployed = Notes::deploy().stage("prod").await?;
/// println!("{} is {}", deployed.title, deployed.namespace_id);
/// let notes = Notes::new(deployed.store());
/// notes.note("1").put("tea").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Deployed {
    /// Its id in the declarations and the state.
    pub id: String,
    /// The kind of resource: always `kv_namespace`.
    pub kind: &'static str,
    /// Its title.
    pub title: String,
    /// Cloudflare's id of it.
    pub namespace_id: String,
    /// The id of its account.
    pub account_id: String,
    /// The name of its Worker binding.
    pub binding: String,
    /// How many of its keys this tool manages.
    pub keys: usize,
    /// When it was added to the state.
    pub created_at: Time,
    /// When this tool last changed it.
    pub modified_at: Time,
    #[serde(skip)]
    store: Arc<dyn RawStore>,
}

impl Deployed {
    /// A store with which an application reads and writes the namespace.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::from_arc(Arc::clone(&self.store))
    }
}

/// A run of some declarations on one stage.
#[derive(Debug)]
pub(crate) struct Run {
    pub(super) options: Options,
    pub(super) store: Arc<dyn StateStore>,
    /// The declarations to work on.
    pub(super) declarations: Vec<&'static Declaration>,
    /// The ids of all declarations, including those that are not worked on.
    pub(super) declared_ids: Vec<&'static str>,
    pub(super) accounts: Box<dyn Accounts>,
    /// The accounts that the run is connected to.
    pub(super) connected: Vec<RemoteAccount>,
    pub(super) context: RunContext,
}

impl Run {
    pub(crate) fn new(
        declarations: &[&'static Declaration],
        options: Options,
        accounts: Box<dyn Accounts>,
        store: Arc<dyn StateStore>,
        context: RunContext,
    ) -> Self {
        let declared_ids = declarations.iter().map(|declaration| declaration.id).collect();
        let declarations = declarations.iter().filter(|d| options.covers(d.id)).copied().collect();
        let connected = Vec::new();
        Self { options, store, declarations, declared_ids, accounts, connected, context }
    }

    /// Redacts this run's secrets in a text from elsewhere.
    pub(super) fn redact(&self, text: &str) -> String {
        self.context.redactor.redact(text).into_owned()
    }

    /// The folder of a local deploy.
    pub(crate) fn local_folder(&self) -> Option<&Path> {
        self.accounts.local_folder()
    }

    /// The stages of the app that have a state.
    pub(crate) async fn stages(&self) -> Result<Vec<String>, StateError> {
        self.store.stages(self.options.stage.app()).await
    }

    /// Breaks the stage's lock and returns who held it.
    pub(crate) async fn unlock(&self) -> Result<Option<Holder>, StateError> {
        self.store.unlock(&self.options.stage).await
    }

    /// What a deploy would do, and the plan in the form in which it is saved.
    pub(crate) async fn plan(&mut self) -> Result<(Plan, SavedPlan), DeployError> {
        let state = self.find_state().await?;
        let is_new = state.is_none();
        let state = state.unwrap_or_else(|| State::new(&self.options.stage));
        let mut resolved = self.resolve(state.digest_key(), Some(&state)).await?;
        self.check_beginning(Some(&state).filter(|_| !is_new)).await?;
        let mut planned = self.plan_deploy(&mut resolved, &state).await?;
        let digest_key = is_new.then(|| state.digest_key().clone());
        // Without values, which can be private.
        let saved = SavedPlan::new(&planned.plan, &self.options, digest_key);
        if self.options.values {
            self.add_values(&mut planned, &state).await?;
        }
        Ok((planned.plan, saved))
    }

    /// The store of a deployed namespace.
    pub(crate) async fn store_of(&mut self, id: &str) -> Result<Arc<dyn RawStore>, DeployError> {
        let state = self.existing_outline().await?;
        Ok(self.open_recorded(id, &state).await?.store)
    }

    /// Deploys the declarations, after `host` agreed to the plan.
    pub(crate) async fn deploy(
        &mut self,
        host: &dyn Host,
    ) -> Result<(Plan, Vec<Deployed>), DeployError> {
        // Read seeds before taking the lock, so that other deploys do not wait for that.
        let find = Unlocked::find(&*self.store, &self.options.stage);
        let mut known = self.context.interrupt.finish(find).await??;
        let state = known.as_ref().map(|known| &known.state);
        let saved = self.options.saved.as_ref().and_then(|saved| saved.digest_key.clone());
        let digest_key = match (state, saved) {
            (Some(state), _) => state.digest_key().clone(),
            (None, Some(saved)) => saved,
            (None, None) => DigestKey::random(),
        };
        let resolved = self.resolve(&digest_key, state).await?;
        self.check_beginning(state).await?;
        let mut session = self.open_known(&mut known, host).await?;
        session.state_mut().set_digest_key(&digest_key);
        let result = self.deploy_in(&mut session, resolved, &digest_key, host).await;
        close(session, result).await
    }

    async fn deploy_in(
        &mut self,
        session: &mut Session,
        mut resolved: Vec<Resolved>,
        digest_key: &DigestKey,
        host: &dyn Host,
    ) -> Result<(Plan, Vec<Deployed>), DeployError> {
        self.check_repository(session.state())?;
        if session.state().digest_key() != digest_key {
            // Another deploy created the state in the meantime.
            resolved = self.resolve(session.state().digest_key(), Some(session.state())).await?;
        }
        let mut seen = None;
        loop {
            let planned = self.plan_deploy(&mut resolved, session.state()).await?;
            if !self.may_apply(&planned.plan, seen.as_ref(), session.state(), host).await? {
                seen = Some(planned.plan);
                continue;
            }
            self.keep_undo(&planned, session.state(), host).await?;
            self.apply(&planned, session, host).await?;
            self.close_undo(session.state())?;
            let deployed = deployed(&planned, session.state())?;
            return Ok((planned.plan, deployed));
        }
    }

    /// Deletes or retains what this program deployed, after `host` agreed to the plan.
    pub(crate) async fn destroy(&mut self, host: &dyn Host) -> Result<Plan, DeployError> {
        if self.find_outline().await?.is_none() {
            return Err(self.no_state().await?);
        }
        let mut session = self.open(host).await?;
        let result = self.destroy_in(&mut session, host).await;
        close(session, result).await
    }

    async fn destroy_in(
        &mut self,
        session: &mut Session,
        host: &dyn Host,
    ) -> Result<Plan, DeployError> {
        self.check_repository(session.state())?;
        let mut seen = None;
        loop {
            let planned = self.plan_destroy(session.state()).await?;
            if !self.may_apply(&planned.plan, seen.as_ref(), session.state(), host).await? {
                seen = Some(planned.plan);
                continue;
            }
            self.apply(&planned, session, host).await?;
            return Ok(planned.plan);
        }
    }

    /// Checks and fills in everything that needs no request. Most of the time goes into reading the seeds:
    /// those that are as they were deployed to `state` are not read as pairs.
    pub(super) async fn resolve(
        &self,
        key: &DigestKey,
        state: Option<&State>,
    ) -> Result<Vec<Resolved>, DeployError> {
        let Options { renew, drift, repair, .. } = self.options;
        let namespaces = state.filter(|_| !(renew || drift || repair)).map(|s| &s.namespaces);
        let deployed = namespaces.into_iter().flatten().filter_map(|(id, record)| {
            Some((id.clone(), record.deployment().and_then(Deployment::sources)?))
        });
        let resolver = Resolver {
            deployed: deployed.collect(),
            stage: self.options.stage.clone(),
            root: self.options.seeds.clone(),
            context: self.context.clone(),
            digest_key: key.clone(),
        };
        let declarations = self.declarations.clone();
        let resolve = tokio::task::spawn_blocking(move || resolver.resolve(&declarations));
        let resolved = resolve.await.unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Interrupted.into()),
        });
        let checks = self.declarations.iter().map(|d| self.accounts.check(d.id, &d.account));
        let (resolved, checked) = match resolved {
            Ok(resolved) => (resolved, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        DeployError::collect(std::iter::once(checked).chain(checks))?;
        Ok(resolved)
    }

    /// Reads the stage's state without locking it, so that it may already be out of date.
    pub(super) async fn find_state(&self) -> Result<Option<State>, DeployError> {
        let find = Session::find(&*self.store, &self.options.stage);
        let state = self.context.interrupt.finish(find).await??;
        self.moved(state)
    }

    /// Like [`find_state`](Self::find_state), but without the keys of namespaces, which saves memory.
    pub(super) async fn find_outline(&self) -> Result<Option<State>, DeployError> {
        let find = Session::find_outline(&*self.store, &self.options.stage);
        let state = self.context.interrupt.finish(find).await??;
        self.moved(state)
    }

    /// Applies the moves that declarations ask for with `was`.
    fn moved(&self, mut state: Option<State>) -> Result<Option<State>, DeployError> {
        if let Some(state) = &mut state {
            self.follow_moves(state)?;
        }
        Ok(state)
    }

    /// Takes the stage's lock and reads its state.
    pub(super) async fn open(&self, host: &dyn Host) -> Result<Session, DeployError> {
        self.open_known(&mut None, host).await
    }

    /// Like [`open`](Self::open), with the state that was read before if it is still the same.
    async fn open_known(
        &self,
        known: &mut Option<Unlocked>,
        host: &dyn Host,
    ) -> Result<Session, DeployError> {
        let mut session = self.wait_for(&self.options.stage, known, host).await?;
        match self.follow_moves(session.state_mut()) {
            Ok(()) => Ok(session),
            Err(error) => close(session, Err(error)).await,
        }
    }

    /// Takes the lock of a stage and reads its state, without applying moves.
    pub(super) async fn open_stage(
        &self,
        stage: &StageKey,
        host: &dyn Host,
    ) -> Result<Session, DeployError> {
        self.wait_for(stage, &mut None, host).await
    }

    /// Waits for the lock of a stage, as long as the options allow.
    async fn wait_for(
        &self,
        stage: &StageKey,
        known: &mut Option<Unlocked>,
        host: &dyn Host,
    ) -> Result<Session, DeployError> {
        /// How long to wait before trying a held lock again.
        const AGAIN: Duration = Duration::from_millis(500);
        let Options { lock_timeout, .. } = &self.options;
        let interrupt = &self.context.interrupt;
        let begun = Instant::now();
        let mut told = false;
        loop {
            interrupt.check()?;
            match interrupt.finish(Session::open_known(&*self.store, stage, known)).await? {
                Err(StateError::Locked { holder, .. })
                    if begun.elapsed() + AGAIN <= *lock_timeout =>
                {
                    if !std::mem::replace(&mut told, true) {
                        host.event(Event::Locked { holder: holder.as_ref() });
                    }
                    interrupt.sleep(AGAIN).await?;
                }
                opened => return Ok(opened?),
            }
        }
    }

    /// Refuses a state of another package. Also refuses to start without a state if the namespaces are in
    /// the state of another app.
    pub(super) async fn check_beginning(&self, state: Option<&State>) -> Result<(), DeployError> {
        if let Some(state) = state {
            return self.check_repository(state);
        }
        if self.options.app_is_named || self.declarations.is_empty() {
            return Ok(());
        }
        match self.find_elsewhere().await? {
            None => Ok(()),
            Some((other, location)) => {
                let ids = self.declarations.iter().map(|d| d.id.to_owned()).collect();
                let app = self.options.stage.app().to_owned();
                Err(DeployError::OtherApp { app, other, ids, location })
            }
        }
    }

    /// Refuses a state of another package. Called again under the lock, because the state may have changed.
    pub(super) fn check_repository(&self, state: &State) -> Result<(), DeployError> {
        let Options { stage, deployer, take_over, .. } = &self.options;
        match (&state.repository, &deployer.repository) {
            (Some(recorded), Some(own)) if recorded != own && !take_over => {
                Err(DeployError::OtherRepository {
                    app: stage.app().to_owned(),
                    stage: stage.stage().to_owned(),
                    recorded: recorded.clone(),
                    repository: own.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Another app whose state has all the declared namespaces, and where that state is kept.
    async fn find_elsewhere(&self) -> Result<Option<(String, String)>, DeployError> {
        /// How many apps to search at most, because a store can be a bucket with many other objects.
        const MOST: usize = 32;
        let Options { stage, .. } = &self.options;
        if !self.store.stages(stage.app()).await?.is_empty() {
            return Ok(None);
        }
        for app in self.store.apps().await?.into_iter().take(MOST) {
            if app == stage.app() {
                continue;
            }
            // Try the same stage first, because it is the most likely one.
            let mut stages = self.store.stages(&app).await?;
            stages.sort_by_key(|name| name != stage.stage());
            for name in stages {
                let Ok(key) = StageKey::new(&app, &name) else { continue };
                // A state that cannot be read is skipped.
                let Ok(Some(state)) = Session::find(&*self.store, &key).await else { continue };
                if self.declarations.iter().all(|d| state.namespaces.contains_key(d.id)) {
                    return Ok(Some((app, self.store.location(&key))));
                }
            }
        }
        Ok(None)
    }

    /// The error that the stage has no state.
    pub(super) async fn no_state(&self) -> Result<DeployError, DeployError> {
        let (app, stage) = (self.options.stage.app(), self.options.stage.stage());
        let (app, stage, stages) = (app.to_owned(), stage.to_owned(), self.stages().await?);
        Ok(DeployError::NoState { app, stage, stages })
    }

    pub(super) fn look(&self) -> Look {
        let Options { refresh, drift, repair, jobs, .. } = self.options;
        let interrupt = self.context.interrupt.clone();
        Look { refresh, drift: drift || repair, jobs, interrupt }
    }

    /// Refuses an `--only` with an unknown id.
    pub(super) fn check_only(&self, state: &State) -> Result<(), DeployError> {
        let recorded = state.namespaces.keys().map(String::as_str);
        let known: Vec<&str> = self.declared_ids.iter().copied().chain(recorded).collect();
        match self.options.only.iter().find(|only| !known.contains(&only.as_str())) {
            Some(id) => {
                let known = known.into_iter().map(str::to_owned).collect();
                Err(DeployError::UnknownId { id: id.clone(), known })
            }
            None => Ok(()),
        }
    }

    /// Connects to the account of a namespace. For one that is no longer declared, the environment names the
    /// account.
    pub(super) async fn connect(
        &mut self,
        id: &str,
        record: Option<&Record>,
    ) -> Result<RemoteAccount, DeployError> {
        self.context.interrupt.check()?;
        let declaration = self.declarations.iter().find(|declaration| declaration.id == id);
        let settings = declaration.map_or(&AccountSettings::FROM_ENVIRONMENT, |d| &d.account);
        let recorded = record
            .map(|record| Recorded { account_id: record.account_id(), server: record.server() });
        let remote = self.accounts.connect(id, settings, recorded).await?;
        if let Some(account) = self.connected.iter().find(|account| account.is_of(&remote)) {
            return Ok(account.clone());
        }
        let account = RemoteAccount::new(remote);
        self.connected.push(account.clone());
        Ok(account)
    }

    /// Applies the plan, namespace by namespace.
    async fn apply(
        &self,
        planned: &Planned<'_>,
        session: &mut Session,
        host: &dyn Host,
    ) -> Result<(), DeployError> {
        let Planned { plan, steps } = planned;
        let Options { deployer, take_over, jobs, .. } = &self.options;
        let (interrupt, take_over, jobs) = (&self.context.interrupt, *take_over, *jobs);
        let mut apply = Apply { session, host, interrupt, deployer, take_over, jobs };
        for (namespace, step) in plan.namespaces.iter().zip(steps) {
            match step {
                Step::Declared(declared, account) => {
                    apply.declared(namespace, declared, account).await?;
                }
                Step::Removed(account) => apply.removed(namespace, account).await?,
                Step::Left => apply.left(namespace).await?,
            }
        }
        Ok(())
    }
}

/// The declared namespaces as the state has them.
fn deployed(planned: &Planned<'_>, state: &State) -> Result<Vec<Deployed>, DeployError> {
    let deployed = |step: &Step<'_>| {
        let Step::Declared(declared, account) = step else { return None };
        let declaration = declared.resolved.declaration;
        let Some(Record::Deployed(deployment)) = state.namespaces.get(declaration.id) else {
            return None;
        };
        let store = account.remote().store(&deployment.namespace_id);
        let store = store.map_err(DeployError::request(declaration.id, "open its store"));
        Some(store.map(|store| Deployed {
            id: declaration.id.to_owned(),
            kind: "kv_namespace",
            title: deployment.title.clone(),
            namespace_id: deployment.namespace_id.clone(),
            account_id: deployment.account_id.clone(),
            binding: declaration.binding.to_owned(),
            keys: deployment.keys().len(),
            created_at: deployment.created_at,
            modified_at: deployment.modified_at,
            store,
        }))
    };
    planned.steps.iter().filter_map(deployed).collect()
}

/// Releases the lock, whatever the result is. A failure to release it is returned only if there is no other
/// error.
pub(super) async fn close<T>(
    session: Session,
    result: Result<T, DeployError>,
) -> Result<T, DeployError> {
    let closed = session.close().await;
    let value = result?;
    closed?;
    Ok(value)
}
