//! Writes pairs of files to deployed namespaces.

use std::collections::BTreeSet;

use kv_rules::Time;
use serde_json::value::RawValue;

use super::super::error::DeployError;
use super::super::host::{Event, Host};
use super::super::run::{Run, close};
use super::{DataPlan, Opened};
use crate::data::{BulkSource, Restore, Written};
use crate::raw::RawPair;
use crate::state::{Digest, DigestKey, KeyRecord, Record, Session};

/// What is written to a namespace.
pub(crate) struct RestoreFrom {
    /// The namespace's id in the declarations.
    pub(crate) id: String,
    pub(crate) source: BulkSource,
    /// A description of the source, for people.
    pub(crate) from: String,
    /// Whether this tool manages its keys, because a deploy overwrote or deleted them.
    pub(crate) is_own: bool,
    /// The keys that the source left out, because `env(...)` declares their values.
    pub(crate) secrets_left_out: Vec<String>,
}

impl Run {
    /// Writes pairs to namespaces, after `host` agreed to all of them.
    pub(crate) async fn restore(
        &mut self,
        command: &'static str,
        sources: Vec<RestoreFrom>,
        host: &dyn Host,
    ) -> Result<Vec<DataPlan>, DeployError> {
        let state = self.existing_outline().await?;
        for source in &sources {
            self.ids(Some(&source.id), &state)?;
        }
        drop(state);
        let mut session = self.open(host).await?;
        let result = self.restore_in(command, sources, &mut session, host).await;
        close(session, result).await
    }

    async fn restore_in(
        &mut self,
        command: &'static str,
        sources: Vec<RestoreFrom>,
        session: &mut Session,
        host: &dyn Host,
    ) -> Result<Vec<DataPlan>, DeployError> {
        self.check_repository(session.state())?;
        let (mut plans, mut work) = (Vec::new(), Vec::new());
        for RestoreFrom { id, source, from, is_own, secrets_left_out } in sources {
            let opened = self.open_recorded(&id, session.state()).await?;
            let place = self.data_place(&opened);
            let record = session.state().namespaces.get(&id).and_then(Record::deployment);
            let digest_key = session.state().digest_key();
            let mut known = Vec::new();
            let restore = Restore::plan(source, place, |pair| {
                if is_own || record.is_some_and(|record| record.keys().get(&pair.key).is_some()) {
                    known.push((pair.key.clone(), digest(digest_key, pair)));
                }
            });
            let restore = restore.await.map_err(|error| self.data_failed(&id, error))?;
            let plan = self.data_plan(command, &opened, from);
            let changes = restore.changes.clone();
            plans.push(DataPlan { changes, secrets_left_out, ..plan });
            work.push((opened, restore, known, is_own));
        }
        self.agree_to_data(&plans, host).await?;
        for (opened, restore, known, is_own) in work {
            if is_own {
                own(session, &opened.id, &known);
            }
            self.write(session, &opened, restore, known, host).await?;
        }
        Ok(plans)
    }

    /// Writes the pairs that a restore found to be missing. Before the first write, the state marks each key
    /// that it knows as unconfirmed, so that a deploy after a crash writes those again.
    async fn write(
        &self,
        session: &mut Session,
        opened: &Opened,
        restore: Restore,
        known: Vec<(String, Digest)>,
        host: &dyn Host,
    ) -> Result<(), DeployError> {
        let (keys, bytes) = (restore.changes.writes(), restore.changes.bytes);
        if keys == 0 {
            return Ok(());
        }
        self.unconfirm(session, &opened.id, known.iter().map(|(key, _)| key.as_str())).await?;
        host.event(Event::Writing { verb: "Writing", id: &opened.id, keys, bytes });
        let written = restore.apply(self.data_place(opened), &told(host)).await;
        written.map_err(|error| self.data_failed(&opened.id, error))?;
        self.confirm(session, &opened.id, known).await?;
        host.event(Event::Done { id: &opened.id });
        Ok(())
    }

    /// Shows what will be written, and asks `host` to agree if there is anything to write.
    pub(super) async fn agree_to_data(
        &self,
        plans: &[DataPlan],
        host: &dyn Host,
    ) -> Result<(), DeployError> {
        host.show_data(plans);
        let writes = plans.iter().map(|plan| plan.changes.writes()).sum::<u64>();
        self.check_writes(writes)?;
        if writes == 0 { Ok(()) } else { host.consent_to_data(plans).await.map(drop) }
    }

    /// Marks the keys that the state knows as unconfirmed, because they will be written, and returns them.
    pub(super) async fn unconfirm(
        &self,
        session: &mut Session,
        id: &str,
        keys: impl Iterator<Item = &str>,
    ) -> Result<BTreeSet<String>, DeployError> {
        let mut known = BTreeSet::new();
        if let Some(Record::Deployed(deployment)) = session.state_mut().namespaces.get_mut(id) {
            deployment.keys_mut().change(
                keys,
                |key| key,
                |key, record| {
                    record.confirmed = false;
                    known.insert(key.to_owned());
                },
            );
        }
        if !known.is_empty() {
            session.save().await?;
        }
        Ok(known)
    }

    /// Records the new digests of keys as confirmed.
    pub(super) async fn confirm(
        &self,
        session: &mut Session,
        id: &str,
        keys: Vec<(String, Digest)>,
    ) -> Result<(), DeployError> {
        if keys.is_empty() {
            return Ok(());
        }
        if let Some(Record::Deployed(deployment)) = session.state_mut().namespaces.get_mut(id) {
            deployment.modified_at = Time::now();
            deployment.keys_mut().change(
                keys,
                |(key, _)| key,
                |(_, digest), record| {
                    *record = KeyRecord { digest, confirmed: true, written: true, ..*record };
                },
            );
        }
        Ok(session.save().await?)
    }
}

/// Adds keys that a deploy deleted to the state again.
fn own(session: &mut Session, id: &str, keys: &[(String, Digest)]) {
    if let Some(Record::Deployed(deployment)) = session.state_mut().namespaces.get_mut(id) {
        let missing = keys.iter().filter(|(key, _)| deployment.keys().get(key).is_none());
        let record = |digest| KeyRecord {
            digest,
            confirmed: false,
            once: false,
            written: true,
            secret: false,
        };
        let missing = missing.map(|(key, digest)| (key.as_str().into(), record(*digest)));
        let missing: Vec<_> = missing.collect();
        deployment.keys_mut().merge(missing);
    }
}

/// Reports to `host` what was written.
pub(super) fn told(host: &dyn Host) -> impl Fn(Written) + Sync + '_ {
    |Written { keys, bytes }| host.event(Event::Put { keys, bytes })
}

pub(super) fn digest(key: &DigestKey, pair: &RawPair) -> Digest {
    let metadata = pair.options.metadata.as_deref().map(RawValue::get);
    key.digest(&pair.value, metadata, pair.options.expiry)
}
