//! Creates, adopts, renames and deletes the namespace itself.

use std::collections::BTreeSet;

use kv_rules::Time;

use super::super::account::titled;
use super::super::error::DeployError;
use super::super::host::Event;
use super::super::observe::is_empty;
use super::super::plan::{Action, NamespacePlan};
use super::super::remote::{RemoteError, RemoteErrorKind};
use super::super::wait::{self, SETTLING};
use super::{Apply, Worked};
use crate::state::{Creating, Deployment, Origin, Record};

impl Apply<'_> {
    /// Restores the record of a namespace that exists again before another was created in its place.
    pub(super) fn restore(&mut self, target: Worked<'_>) {
        let state = self.session.state_mut();
        if let Some(Record::Creating(creating)) = state.namespaces.get_mut(target.id)
            && let Some(replaced) = creating.replaces.take()
        {
            state.namespaces.insert(target.id.to_owned(), Record::Deployed(*replaced));
        }
    }

    /// Creates, adopts or renames the namespace, so that the state has it under its title. The change of the
    /// state is saved with the keys to write.
    pub(super) async fn reach_namespace(
        &mut self,
        target: Worked<'_>,
        plan: &NamespacePlan,
        title: &str,
    ) -> Result<(), DeployError> {
        match &plan.action {
            Action::Create | Action::Recreate { .. } => {
                let namespace_id = self.create(target, title).await?;
                self.record(target, &namespace_id, title, Origin::Created);
            }
            Action::Resume { created_as, namespace_id } => {
                let namespace_id = match namespace_id {
                    Some(namespace_id) => namespace_id.clone(),
                    None => self.finish_creating(target, created_as).await?,
                };
                self.record(target, &namespace_id, created_as, Origin::Created);
                if created_as != title {
                    self.session.save().await?;
                    self.rename(target, &namespace_id, title).await?;
                }
            }
            Action::Adopt { namespace_id, .. } => {
                self.record(target, namespace_id, title, Origin::Adopted);
            }
            Action::Rename { namespace_id, .. } => self.rename(target, namespace_id, title).await?,
            Action::Keep { .. } => {
                if let Some(deployment) = self.deployment(target.id) {
                    title.clone_into(&mut deployment.title);
                }
            }
            Action::Destroy { .. }
            | Action::Retain { .. }
            | Action::Forget
            | Action::Leave { .. } => {}
        }
        Ok(())
    }

    fn record(&mut self, target: Worked<'_>, namespace_id: &str, title: &str, origin: Origin) {
        let (account_id, server) = (target.remote().account_id(), target.remote().server());
        let (namespace_id, title) = (namespace_id.to_owned(), title.to_owned());
        let mut deployment = Deployment::new(namespace_id, title, account_id, server, origin);
        deployment.deployers = self.claimed(target.id);
        let record = Record::Deployed(deployment);
        self.session.state_mut().namespaces.insert(target.id.to_owned(), record);
    }

    /// The programs that list a namespace after this one has deployed it.
    fn claimed(&self, id: &str) -> BTreeSet<String> {
        let record = self.session.state().namespaces.get(id);
        let listed = record.map(|record| record.deployers().clone()).unwrap_or_default();
        self.deployer.claim(&listed, self.take_over).unwrap_or(listed)
    }

    /// Creates a namespace whose title was free a moment ago, and returns Cloudflare's id of it.
    async fn create(&mut self, target: Worked<'_>, title: &str) -> Result<String, DeployError> {
        let deployers = self.claimed(target.id);
        let namespaces = &mut self.session.state_mut().namespaces;
        let replaces = namespaces.remove(target.id).and_then(|record| match record {
            Record::Deployed(deployment) => Some(Box::new(deployment)),
            Record::Creating(creating) => creating.replaces,
        });
        let lost = replaces.as_ref().map(|replaced| replaced.namespace_id.clone());
        let creating = Creating {
            title: title.to_owned(),
            account_id: target.remote().account_id().to_owned(),
            server: Some(target.remote().server()),
            since: Time::now(),
            deployers,
            replaces,
        };
        namespaces.insert(target.id.to_owned(), Record::Creating(creating));
        self.session.save().await?;
        let error = match target.remote().create(title).await {
            Ok(info) => return self.unowned(target, info.id),
            Err(error) if error.outcome_unknown() => {
                self.host.event(Event::Waiting {
                    what: "to find out whether the namespace was created",
                });
                let namespace_id = self.finish_creating(target, title).await?;
                let id = target.id.to_owned();
                if lost.as_ref() == Some(&namespace_id) {
                    DeployError::Reappeared { id, namespace_id }
                } else if is_empty(target.account, target.id, &namespace_id).await? {
                    return Ok(namespace_id);
                } else {
                    // It has keys, so another program created it at the same moment.
                    DeployError::TitleExists { id, title: title.to_owned(), namespace_id }
                }
            }
            Err(error) => self.why_refused(target, lost, error).await?,
        };
        // This request certainly created nothing, so a namespace with the title is not ours. The one that
        // it would have replaced still is, if it exists again.
        self.restore(target);
        if let Some(Record::Creating(_)) = self.session.state().namespaces.get(target.id) {
            self.session.state_mut().namespaces.remove(target.id);
        }
        self.session.save().await?;
        Err(error)
    }

    /// Refuses a namespace that the state already has, even if the response says that it was just created.
    fn unowned(&self, target: Worked<'_>, namespace_id: String) -> Result<String, DeployError> {
        match self.session.state().owner(&namespace_id) {
            None => Ok(namespace_id),
            Some(owner) => {
                let (id, owner) = (target.id.to_owned(), owner.to_owned());
                Err(DeployError::NamespaceOwned { id, namespace_id, owner })
            }
        }
    }

    /// Why a create was refused: possibly because the namespace that it would have replaced exists again.
    async fn why_refused(
        &self,
        target: Worked<'_>,
        lost: Option<String>,
        error: RemoteError,
    ) -> Result<DeployError, DeployError> {
        if let Some(lost) = lost.filter(|_| error.is(RemoteErrorKind::TitleTaken))
            && let Ok(Some(info)) = target.remote().get(&lost).await
        {
            let id = target.id.to_owned();
            return Ok(DeployError::Reappeared { id, namespace_id: info.id });
        }
        Ok(DeployError::request(target.id, "create the namespace")(error))
    }

    /// Finishes a create that may already have been applied; if so, the new namespace has the title.
    async fn finish_creating(
        &mut self,
        target: Worked<'_>,
        title: &str,
    ) -> Result<String, DeployError> {
        let failed = DeployError::request(target.id, "create the namespace");
        let find = || async {
            let all = target.account.list(target.id).await?;
            let found = titled(target.id, &all, title)?;
            Ok::<_, DeployError>(found.map(|info| info.id.clone()))
        };
        if let Some(namespace_id) = find().await? {
            return Ok(namespace_id);
        }
        let error = match target.remote().create(title).await {
            Ok(info) => return self.unowned(target, info.id),
            Err(error) if error.is(RemoteErrorKind::TitleTaken) || error.outcome_unknown() => error,
            Err(error) => return Err(failed(error)),
        };
        self.host.event(Event::Waiting { what: "for the new namespace to be listed" });
        let found = wait::until(self.interrupt, SETTLING, find, Option::is_some).await?;
        found.ok_or_else(|| failed(error))
    }

    async fn rename(
        &mut self,
        target: Worked<'_>,
        namespace_id: &str,
        title: &str,
    ) -> Result<(), DeployError> {
        let rename = || target.remote().rename(namespace_id, title);
        let renamed = wait::while_unseen(self.interrupt, rename).await;
        renamed.map_err(DeployError::request(target.id, "rename the namespace"))?;
        if let Some(deployment) = self.deployment(target.id) {
            title.clone_into(&mut deployment.title);
        }
        Ok(())
    }

    /// Deletes a namespace and checks that it is gone.
    pub(super) async fn destroy(
        &self,
        target: Worked<'_>,
        namespace_id: &str,
    ) -> Result<(), DeployError> {
        let deleted = target.remote().delete(namespace_id).await;
        deleted.map_err(DeployError::request(target.id, "delete the namespace"))?;
        let get = || target.remote().get(namespace_id);
        let found = wait::until(self.interrupt, SETTLING, get, Option::is_none).await;
        match found.map_err(DeployError::request(target.id, "check that the namespace is gone"))? {
            None => Ok(()),
            Some(info) => {
                Err(DeployError::StillThere { id: target.id.to_owned(), namespace_id: info.id })
            }
        }
    }
}
