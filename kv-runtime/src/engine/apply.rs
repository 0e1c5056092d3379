//! Does what the plan says. Before each act the state says that it is about to happen, and after
//! it the outcome, so that the next run can go on from whatever point this one is cut off at.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::Instant;

use super::bulk::{PutBatch, Requests, put_batches};
use super::checkpoint::Checkpoints;
use super::error::DeployError;
use super::event::{Event, Reporter};
use super::interrupt::Interrupt;
use super::plan::{Action, KeyChange, NamespacePlan};
use super::resolve::Resolved;
use super::wait::{self, SETTLING};
use crate::api::{ApiError, BulkOutcome, NamespaceInfo, Namespaces};
use crate::state::{Creating, Deployment, KeyRecord, Origin, Record, Session};

/// How often keys that Cloudflare did not confirm are sent again before they are reported.
const ROUNDS: u32 = 5;

/// Applies plans to one state.
pub(super) struct Apply<'a> {
    pub(super) session: &'a mut Session,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) interrupt: &'a Interrupt,
    pub(super) jobs: usize,
}

/// A namespace that is worked on.
#[derive(Clone, Copy)]
struct Target<'a> {
    id: &'a str,
    api: &'a Namespaces,
}

impl Apply<'_> {
    /// Brings a declared namespace to where the plan wants it.
    pub(super) async fn declared(
        &mut self,
        plan: &NamespacePlan,
        resolved: &Resolved,
        api: &Namespaces,
    ) -> Result<(), DeployError> {
        self.go_on()?;
        let target = Target { id: &plan.id, api };
        self.begin(plan);
        self.reach_namespace(target, plan, resolved).await?;
        let result = self.write_keys(target, plan, resolved).await;
        if result.is_err() || !plan.is_empty() || plan.touch {
            let digest = resolved.digest(self.session.state().digest_key());
            if let Some(deployment) = self.deployment(&plan.id) {
                deployment.delete = resolved.declaration.delete;
                deployment.declared = result.is_ok().then_some(digest);
                deployment.modified_at = Timestamp::now();
            }
            self.session.save().await?;
        }
        result?;
        self.reporter.event(Event::Done { id: &plan.id });
        Ok(())
    }

    /// Deletes a namespace or leaves it, and forgets it.
    pub(super) async fn removed(
        &mut self,
        plan: &NamespacePlan,
        api: &Namespaces,
    ) -> Result<(), DeployError> {
        self.go_on()?;
        self.begin(plan);
        let target = Target { id: &plan.id, api };
        if let Action::Destroy { namespace_id, .. } = &plan.action {
            destroy(target, namespace_id).await?;
        }
        self.session.state_mut().namespaces.remove(&plan.id);
        self.session.save().await?;
        self.reporter.event(Event::Done { id: &plan.id });
        Ok(())
    }

    fn go_on(&self) -> Result<(), DeployError> {
        if self.interrupt.is_set() { Err(DeployError::Interrupted) } else { Ok(()) }
    }

    fn begin(&self, plan: &NamespacePlan) {
        self.reporter.event(Event::Begin {
            id: &plan.id,
            action: &plan.action,
            puts: plan.put.len(),
            bytes: plan.bytes(),
            deletes: plan.delete.len(),
        });
    }

    fn deployment(&mut self, id: &str) -> Option<&mut Deployment> {
        match self.session.state_mut().namespaces.get_mut(id) {
            Some(Record::Deployed(deployment)) => Some(deployment),
            _ => None,
        }
    }

    /// Creates, adopts or renames the namespace, so that the state has it under its title. What it
    /// says of the keys to write is saved with [`write_keys`](Self::write_keys).
    async fn reach_namespace(
        &mut self,
        target: Target<'_>,
        plan: &NamespacePlan,
        resolved: &Resolved,
    ) -> Result<(), DeployError> {
        let title = &resolved.title;
        match &plan.action {
            Action::Create | Action::Recreate { .. } => {
                let info = self.create(target, title).await?;
                self.record(target, info, Origin::Created);
            }
            Action::Resume { created_as, namespace_id } => {
                let info = match namespace_id {
                    Some(id) => NamespaceInfo { id: id.clone(), title: created_as.clone() },
                    None => self.finish_creating(target, created_as).await?,
                };
                let namespace_id = info.id.clone();
                self.record(target, info, Origin::Created);
                if created_as != title {
                    self.session.save().await?;
                    self.rename(target, &namespace_id, title).await?;
                }
            }
            Action::Adopt { namespace_id } => {
                let info = NamespaceInfo { id: namespace_id.clone(), title: title.clone() };
                self.record(target, info, Origin::Adopted);
            }
            Action::Rename { namespace_id, .. } => self.rename(target, namespace_id, title).await?,
            Action::Keep { .. } => {
                if let Some(deployment) = self.deployment(target.id) {
                    deployment.title.clone_from(title);
                }
            }
            Action::Destroy { .. } | Action::Retain { .. } | Action::Forget => {}
        }
        Ok(())
    }

    fn record(&mut self, target: Target<'_>, info: NamespaceInfo, origin: Origin) {
        let deployment = Deployment::new(info, target.api.account_id(), origin);
        let record = Record::Deployed(deployment);
        self.session.state_mut().namespaces.insert(target.id.to_owned(), record);
    }

    /// Creates a namespace whose title nobody had a moment ago.
    async fn create(
        &mut self,
        target: Target<'_>,
        title: &str,
    ) -> Result<NamespaceInfo, DeployError> {
        let creating = Creating {
            title: title.to_owned(),
            account_id: target.api.account_id().to_owned(),
            since: Timestamp::now(),
        };
        let record = Record::Creating(creating);
        self.session.state_mut().namespaces.insert(target.id.to_owned(), record);
        self.session.save().await?;
        match target.api.create(title).await {
            Ok(info) => Ok(info),
            Err(error) if error.outcome_unknown() => {
                self.reporter.event(Event::Waiting { what: "finding out whether it was created" });
                self.finish_creating(target, title).await
            }
            Err(error) => {
                // It surely was not created by this: whoever has the title now, it is not ours.
                self.session.state_mut().namespaces.remove(target.id);
                self.session.save().await?;
                Err(DeployError::request(target.id, "create the namespace")(error))
            }
        }
    }

    /// Finishes a create that may have been applied already: the title is then taken, by it.
    async fn finish_creating(
        &mut self,
        target: Target<'_>,
        title: &str,
    ) -> Result<NamespaceInfo, DeployError> {
        let failed = DeployError::request(target.id, "create the namespace");
        if let Some(info) = target.api.find(title).await.map_err(&failed)? {
            return Ok(info);
        }
        let error = match target.api.create(title).await {
            Ok(info) => return Ok(info),
            Err(error) if error.is_title_taken() || error.outcome_unknown() => error,
            Err(error) => return Err(failed(error)),
        };
        self.reporter.event(Event::Waiting { what: "waiting for the new namespace to be listed" });
        let find = || target.api.find(title);
        let found = wait::until(SETTLING, find, Option::is_some).await.map_err(&failed)?;
        found.ok_or_else(|| failed(error))
    }

    async fn rename(
        &mut self,
        target: Target<'_>,
        namespace_id: &str,
        title: &str,
    ) -> Result<(), DeployError> {
        let renamed = wait::while_unseen(|| target.api.rename(namespace_id, title)).await;
        renamed.map_err(DeployError::request(target.id, "rename the namespace"))?;
        if let Some(deployment) = self.deployment(target.id) {
            title.clone_into(&mut deployment.title);
        }
        Ok(())
    }

    /// Writes and deletes keys. The state says of each that it is not confirmed before the first is
    /// written or deleted, so that one whose outcome is not known is written again when it is
    /// declared and deleted when it is not. It is saved now and then in between; what is still to be
    /// saved at the end is left to the caller.
    async fn write_keys(
        &mut self,
        target: Target<'_>,
        plan: &NamespacePlan,
        resolved: &Resolved,
    ) -> Result<(), DeployError> {
        let Some(deployment) = self.deployment(target.id) else { return Ok(()) };
        let namespace_id = deployment.namespace_id.clone();
        let unconfirmed = |change: &KeyChange| {
            (change.key.clone(), KeyRecord { confirmed: false, ..change.record })
        };
        // Merged as a whole, which many keys need to be fast.
        deployment.keys.append(&mut plan.put.iter().map(unconfirmed).collect());
        for change in &plan.settle {
            deployment.keys.insert(change.key.clone(), change.record);
        }
        for key in &plan.forget {
            deployment.keys.remove(key.as_str());
        }
        for key in &plan.delete {
            if let Some(record) = deployment.keys.get_mut(key.as_str()) {
                record.confirmed = false;
            }
        }
        if !plan.is_empty() {
            deployment.declared = None;
            self.session.save().await?;
        }
        self.put(target, &namespace_id, plan, resolved).await?;
        self.delete(target, &namespace_id, &plan.delete).await
    }

    async fn put(
        &mut self,
        target: Target<'_>,
        namespace_id: &str,
        plan: &NamespacePlan,
        resolved: &Resolved,
    ) -> Result<(), DeployError> {
        let (jobs, interrupt) = (self.jobs, self.interrupt);
        let mut open: Vec<&KeyChange> = plan.put.iter().collect();
        let mut checkpoints = Checkpoints::new(open.len());
        for round in 0..ROUNDS {
            self.pause_before(round).await;
            let mut left = Vec::new();
            let requests = put_batches(resolved.pairs().unwrap_or_default(), &open)
                .map(|batch| put_batch(target.api, namespace_id, batch).boxed());
            let mut requests = Requests::new(requests, jobs, interrupt);
            while let Some((batch, outcome)) = requests.next().await {
                let failed: HashSet<_> =
                    outcome.unsuccessful_keys.iter().map(String::as_str).collect();
                let (mut keys, mut bytes) = (0, 0);
                for change in batch.changes {
                    if failed.contains(change.key.as_ref()) {
                        left.push(*change);
                        continue;
                    }
                    keys += 1;
                    bytes += change.bytes as u64;
                    self.confirm(target.id, &change.key);
                }
                self.reporter.event(Event::Put { keys, bytes });
                if checkpoints.is_due(keys) {
                    // Meanwhile what is in flight goes on: connections are tasks of their own.
                    let begun = Instant::now();
                    self.session.save().await?;
                    checkpoints.saved(begun);
                }
            }
            requests.finish().map_err(DeployError::request(target.id, "write keys"))?;
            self.go_on()?;
            open = left;
            if open.is_empty() {
                return Ok(());
            }
        }
        let keys = open.iter().map(|change| change.key.to_string()).collect();
        Err(DeployError::Unconfirmed { id: target.id.to_owned(), keys })
    }

    fn confirm(&mut self, id: &str, key: &str) {
        let record = self.deployment(id).and_then(|deployment| deployment.keys.get_mut(key));
        if let Some(record) = record {
            record.confirmed = true;
        }
    }

    async fn delete(
        &mut self,
        target: Target<'_>,
        namespace_id: &str,
        keys: &[String],
    ) -> Result<(), DeployError> {
        let (jobs, interrupt) = (self.jobs, self.interrupt);
        let mut open: Vec<&str> = keys.iter().map(String::as_str).collect();
        for round in 0..ROUNDS {
            self.pause_before(round).await;
            let mut left = Vec::new();
            let requests = open
                .chunks(kv_rules::MAX_BULK_PAIRS)
                .map(|batch| delete_batch(target.api, namespace_id, batch).boxed());
            let mut requests = Requests::new(requests, jobs, interrupt);
            while let Some((batch, outcome)) = requests.next().await {
                let failed: HashSet<_> =
                    outcome.unsuccessful_keys.iter().map(String::as_str).collect();
                let mut deleted = 0;
                for key in batch {
                    if failed.contains(key) {
                        left.push(*key);
                        continue;
                    }
                    deleted += 1;
                    if let Some(deployment) = self.deployment(target.id) {
                        deployment.keys.remove(*key);
                    }
                }
                self.reporter.event(Event::Deleted { keys: deleted });
            }
            requests.finish().map_err(DeployError::request(target.id, "delete keys"))?;
            self.go_on()?;
            open = left;
            if open.is_empty() {
                return Ok(());
            }
        }
        let keys = open.into_iter().map(str::to_owned).collect();
        Err(DeployError::Unconfirmed { id: target.id.to_owned(), keys })
    }

    /// Waits longer before each further round.
    async fn pause_before(&self, round: u32) {
        if round > 0 {
            self.reporter
                .event(Event::Waiting { what: "sending again what Cloudflare did not confirm" });
            tokio::time::sleep(Duration::from_millis(250) * 2_u32.pow(round)).await;
        }
    }
}

async fn put_batch<'a, 'k>(
    api: &Namespaces,
    namespace_id: &str,
    batch: PutBatch<'a, 'k>,
) -> (PutBatch<'a, 'k>, Result<BulkOutcome, ApiError>) {
    let result = wait::while_unseen(|| api.bulk_put(namespace_id, &batch.body)).await;
    (batch, result)
}

async fn delete_batch<'a, 'k>(
    api: &Namespaces,
    namespace_id: &str,
    batch: &'a [&'k str],
) -> (&'a [&'k str], Result<BulkOutcome, ApiError>) {
    (batch, wait::while_unseen(|| api.bulk_delete(namespace_id, batch)).await)
}

/// Deletes a namespace and asks whether it is gone.
async fn destroy(target: Target<'_>, namespace_id: &str) -> Result<(), DeployError> {
    let deleted = target.api.delete(namespace_id).await;
    deleted.map_err(DeployError::request(target.id, "delete the namespace"))?;
    let get = || target.api.get(namespace_id);
    let found = wait::until(SETTLING, get, Option::is_none).await;
    match found.map_err(DeployError::request(target.id, "see whether the namespace is gone"))? {
        None => Ok(()),
        Some(info) => {
            Err(DeployError::StillThere { id: target.id.to_owned(), namespace_id: info.id })
        }
    }
}
