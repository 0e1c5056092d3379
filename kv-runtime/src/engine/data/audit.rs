//! Audits and migrations of deployed namespaces.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::super::error::DeployError;
use super::super::host::{Event, Host};
use super::super::run::{Run, close};
use super::restore::{digest, told};
use super::{DataPlan, Opened};
use crate::data::{Audit, Auditor, Listed, Migration};
use crate::state::{Record, Session, State};
use crate::typed::Declaration;

/// An audited namespace.
#[derive(Debug, Serialize)]
pub(crate) struct Audited {
    /// The namespace's id in the declarations.
    pub(crate) id: String,
    /// Cloudflare's id of it.
    pub(crate) namespace_id: String,
    #[serde(flatten)]
    pub(crate) audit: Audit,
}

impl Run {
    /// Checks pairs against their types, in the given namespace or in all declared ones. With `sample`,
    /// checks only that many pairs of each namespace.
    pub(crate) async fn audit(
        &mut self,
        id: Option<&str>,
        sample: Option<usize>,
        host: &dyn Host,
    ) -> Result<Vec<Audited>, DeployError> {
        let state = self.existing_state().await?;
        let mut audited = Vec::new();
        for (opened, declaration) in self.open_declared(id, &state).await? {
            let keys = state.namespaces.get(&opened.id).and_then(Record::deployment);
            let is_seeded = |key: &str| keys.is_some_and(|known| known.keys().get(key).is_some());
            let auditor = Auditor::new(declaration, &is_seeded);
            let place = self.data_place(&opened);
            let failed = |error| self.data_failed(&opened.id, error);
            let listed = Listed::of(place).await.map_err(failed)?;
            let reads = sample.map_or(listed.keys(), |sample| listed.keys().min(sample as u64));
            host.event(Event::Reading { verb: "Auditing", id: &opened.id, keys: Some(reads) });
            let progress = |keys| host.event(Event::Read { keys, bytes: 0 });
            let audit = auditor.audit(place, &listed, sample, &progress).await;
            host.event(Event::ReadAll);
            let (id, namespace_id) = (opened.id.clone(), opened.namespace_id.clone());
            audited.push(Audited { id, namespace_id, audit: audit.map_err(failed)? });
        }
        Ok(audited)
    }

    /// Rewrites values of older types, in the given namespace or in all declared ones, after `host` agreed.
    pub(crate) async fn migrate(
        &mut self,
        id: Option<&str>,
        host: &dyn Host,
    ) -> Result<Vec<DataPlan>, DeployError> {
        self.existing_outline().await?;
        let mut session = self.open(host).await?;
        let result = self.migrate_in(id, &mut session, host).await;
        close(session, result).await
    }

    async fn migrate_in(
        &mut self,
        id: Option<&str>,
        session: &mut Session,
        host: &dyn Host,
    ) -> Result<Vec<DataPlan>, DeployError> {
        self.check_repository(session.state())?;
        let opened = self.open_declared(id, session.state()).await?;
        let (mut plans, mut work) = (Vec::new(), Vec::new());
        for (opened, declaration) in &opened {
            let auditor = Auditor::new(declaration, &|_| false);
            let place = self.data_place(opened);
            let failed = |error| self.data_failed(&opened.id, error);
            let begin = |keys| {
                let keys = Some(keys);
                host.event(Event::Reading { verb: "Reading", id: &opened.id, keys });
            };
            let progress = |keys| host.event(Event::Read { keys, bytes: 0 });
            let migration = Migration::plan(&auditor, place, &begin, &progress).await;
            host.event(Event::ReadAll);
            let migration = migration.map_err(failed)?;
            let plan = self.data_plan("migrate", opened, "values of older types".to_owned());
            let (changes, misfits) = (migration.changes.clone(), migration.misfits);
            plans.push(DataPlan { changes, misfits, ..plan });
            work.push((opened, auditor, migration));
        }
        self.agree_to_data(&plans, host).await?;
        for (opened, auditor, migration) in work {
            let keys: Vec<String> = migration.keys().map(str::to_owned).collect();
            if keys.is_empty() {
                continue;
            }
            let known =
                self.unconfirm(session, &opened.id, keys.iter().map(String::as_str)).await?;
            let digest_key = session.state().digest_key().clone();
            let digests = Mutex::new(Vec::new());
            let place = self.data_place(opened);
            let bytes = migration.changes.bytes;
            host.event(Event::Writing {
                verb: "Migrating",
                id: &opened.id,
                keys: keys.len() as u64,
                bytes,
            });
            let migrated = migration
                .apply(&auditor, place, &told(host), &|pair| {
                    if known.contains(&pair.key) {
                        let digest = digest(&digest_key, pair);
                        let mut digests = digests.lock().unwrap_or_else(PoisonError::into_inner);
                        digests.push((pair.key.clone(), digest));
                    }
                })
                .await;
            migrated.map_err(|error| self.data_failed(&opened.id, error))?;
            let digests = digests.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.confirm(session, &opened.id, digests).await?;
            host.event(Event::Done { id: &opened.id });
        }
        Ok(plans)
    }

    /// Opens those namespaces that a command works on and that are declared: at least one.
    async fn open_declared(
        &mut self,
        id: Option<&str>,
        state: &State,
    ) -> Result<Vec<(Opened, &'static Declaration)>, DeployError> {
        let mut all = Vec::new();
        for name in self.ids(id, state)? {
            let opened = self.open_recorded(&name, state).await?;
            match opened.declaration {
                Some(declaration) => all.push((opened, declaration)),
                None if id.is_some() => {
                    let known = self.declarations.iter().map(|d| d.id.to_owned()).collect();
                    return Err(DeployError::UnknownId { id: name, known });
                }
                None => {}
            }
        }
        if all.is_empty() {
            let declared = self.declarations.iter().map(|declaration| declaration.id.to_owned());
            return Err(DeployError::NotDeployed(declared.collect()));
        }
        Ok(all)
    }
}
