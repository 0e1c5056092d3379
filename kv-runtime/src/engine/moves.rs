//! Moves namespaces to other ids or to other apps' states, because a declaration has `was` or a user runs
//! `state mv`.

use std::collections::BTreeMap;

use super::error::{DeployError, Problem};
use super::host::Host;
use super::run::{Run, close};
use super::status::NamespaceStatus;
use crate::state::{Digest, Record, Session, StageKey, State};

/// A namespace in a state, or all namespaces of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    app: String,
    /// `None` for all.
    id: Option<String>,
}

/// A namespace that was moved.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Moved {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Whether the digests of its keys are invalid in the other state, so that a deploy writes them again.
    pub(crate) rewrites: bool,
}

impl Run {
    /// Moves the namespaces in a state to the ids of the declarations that name them with `was`.
    pub(super) fn follow_moves(&self, state: &mut State) -> Result<(), DeployError> {
        for declaration in &self.declarations {
            let Some(was) = declaration.was else { continue };
            if self.declared_ids.contains(&was) {
                let what = format!(
                    "`was: {was:?}` names a namespace that is also declared: remove one of them"
                );
                let problem = Problem { namespace: declaration.id.to_owned(), key: None, what };
                return Err(DeployError::Resolve(vec![problem]));
            }
            if !state.namespaces.contains_key(declaration.id)
                && let Some(record) = state.namespaces.remove(was)
            {
                state.namespaces.insert(declaration.id.to_owned(), record);
                state.moved.insert(declaration.id.to_owned(), was.to_owned());
            }
        }
        Ok(())
    }

    /// Lists the namespaces in the state, without a request.
    pub(crate) async fn list_state(&self) -> Result<Vec<NamespaceStatus>, DeployError> {
        let Some(state) = self.find_state().await? else { return Err(self.no_state().await?) };
        Ok(state.namespaces.iter().map(|(id, record)| NamespaceStatus::of(id, record)).collect())
    }

    /// Removes namespaces from the state; they stay at Cloudflare.
    pub(crate) async fn forget(&self, ids: &[String], host: &dyn Host) -> Result<(), DeployError> {
        if self.find_state().await?.is_none() {
            return Err(self.no_state().await?);
        }
        let mut session = self.open(host).await?;
        let result = forget_in(&mut session, ids).await;
        close(session, result).await
    }

    /// Moves a namespace to another id or to another app's state, or moves all namespaces of an app.
    pub(crate) async fn move_state(
        &self,
        from: &str,
        to: &str,
        host: &dyn Host,
    ) -> Result<Vec<Moved>, DeployError> {
        let (from, to) = (self.address(from)?, self.address(to)?);
        if from.id.is_none() != to.id.is_none() || from == to {
            return Err(DeployError::Address(
                "name a namespace on both sides, or an app on both: `state mv old new`, `state mv \
                 old-app/ new-app/`"
                    .to_owned(),
            ));
        }
        let stage = self.options.stage.stage();
        let (source, target) = (StageKey::new(&from.app, stage)?, StageKey::new(&to.app, stage)?);
        if Session::find(&*self.store, &source).await?.is_none() {
            let (app, stage) = (from.app, stage.to_owned());
            return Err(DeployError::NoState { app, stage, stages: self.stages().await? });
        }
        if source == target {
            let mut session = self.open_stage(&source, host).await?;
            let result = rename_in(&mut session, from.id, to.id).await;
            return close(session, result).await;
        }
        // Always lock in the same order, so that two concurrent moves cannot deadlock.
        let (first, second) =
            if from.app < to.app { (&source, &target) } else { (&target, &source) };
        let first = self.open_stage(first, host).await?;
        let second = match self.open_stage(second, host).await {
            Ok(second) => second,
            Err(error) => return close(first, Err(error)).await,
        };
        let (mut source, mut target) =
            if from.app < to.app { (first, second) } else { (second, first) };
        let result = move_between(&mut source, &mut target, from, to).await;
        let result = close(source, result).await;
        close(target, result).await
    }

    fn address(&self, text: &str) -> Result<Address, DeployError> {
        let (app, id) = text.split_once('/').unwrap_or((self.options.stage.app(), text));
        let id = Some(id.to_owned()).filter(|id| !id.is_empty());
        if let Some(id) = &id {
            kv_rules::check_id(id)?;
        }
        Ok(Address { app: app.to_owned(), id })
    }
}

async fn forget_in(session: &mut Session, ids: &[String]) -> Result<(), DeployError> {
    let namespaces = &mut session.state_mut().namespaces;
    if let Some(unknown) = ids.iter().find(|id| !namespaces.contains_key(*id)) {
        let known = namespaces.keys().cloned().collect();
        return Err(DeployError::UnknownId { id: unknown.clone(), known });
    }
    for id in ids {
        namespaces.remove(id);
    }
    Ok(session.save().await?)
}

async fn rename_in(
    session: &mut Session,
    from: Option<String>,
    to: Option<String>,
) -> Result<Vec<Moved>, DeployError> {
    let (Some(from), Some(to)) = (from, to) else { return Ok(Vec::new()) };
    let namespaces = &mut session.state_mut().namespaces;
    let known = || namespaces.keys().cloned().collect();
    if !namespaces.contains_key(&from) {
        return Err(DeployError::UnknownId { id: from, known: known() });
    }
    if namespaces.contains_key(&to) {
        return Err(DeployError::Imported(to));
    }
    if let Some(record) = namespaces.remove(&from) {
        namespaces.insert(to.clone(), record);
    }
    session.save().await?;
    Ok(vec![Moved { from, to, rewrites: false }])
}

/// Moves records between two states. They are added to the target before they are removed from the source:
/// after an interruption in between, both have them, and repeating the move finishes it.
async fn move_between(
    source: &mut Session,
    target: &mut Session,
    from: Address,
    to: Address,
) -> Result<Vec<Moved>, DeployError> {
    let records: BTreeMap<String, (String, Record)> =
        if let (Some(from), Some(to)) = (&from.id, &to.id) {
            if let Some(record) = source.state().namespaces.get(from) {
                BTreeMap::from([(from.clone(), (to.clone(), record.clone()))])
            } else {
                let known = source.state().namespaces.keys().cloned().collect();
                return Err(DeployError::UnknownId { id: from.clone(), known });
            }
        } else {
            let all = source.state().namespaces.iter();
            all.map(|(id, record)| (id.clone(), (id.clone(), record.clone()))).collect()
        };
    let key = source.state().digest_key().clone();
    target.state_mut().set_digest_key(&key);
    let rewrites = *target.state().digest_key() != key;
    let mut moved = Vec::new();
    for (id, (new, mut record)) in records {
        if rewrites && let Record::Deployed(deployment) = &mut record {
            // A digest is invalid under another digest key.
            deployment.keys_mut().change_all(|record| record.digest = Digest::NONE);
        }
        let namespace = |record: &Record| Some(record.deployment()?.namespace_id.clone());
        match target.state().namespaces.get(&new) {
            Some(there) if namespace(there) != namespace(&record) => {
                return Err(DeployError::Imported(new));
            }
            Some(_) => {}
            None => {
                target.state_mut().namespaces.insert(new.clone(), record);
            }
        }
        let (from, to) = (format!("{}/{id}", from.app), format!("{}/{new}", to.app));
        moved.push((id, Moved { from, to, rewrites }));
    }
    target.save().await?;
    for (id, _) in &moved {
        source.state_mut().namespaces.remove(id);
    }
    source.save().await?;
    Ok(moved.into_iter().map(|(_, moved)| moved).collect())
}
