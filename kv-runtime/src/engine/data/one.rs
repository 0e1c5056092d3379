//! The same work on a single namespace, for a program that calls it from Rust. The namespace is in the
//! state, or the program gives Cloudflare's id.

use std::path::Path;

use super::super::error::DeployError;
use super::super::host::Caller;
use super::super::run::Run;
use super::{ExportTarget, Opened, RestoreFrom, Select};
use crate::data::{Audit, Auditor, BulkSource, Export, Listed, Migration, PairChanges, Restore};

impl Run {
    pub(crate) async fn export_one(
        &mut self,
        id: &str,
        namespace_id: Option<String>,
        select: &Select,
        mut target: ExportTarget<'_>,
    ) -> Result<Export, DeployError> {
        if let Some(namespace_id) = namespace_id {
            let opened = self.open_namespace(id, None, namespace_id).await?;
            return Ok(self.export_opened(&opened, select, &mut target, &Caller).await?.export);
        }
        let mut exported = self.export(Some(id), select, target, &Caller).await?;
        let exported =
            exported.pop().ok_or_else(|| DeployError::NotDeployed(vec![id.to_owned()]))?;
        Ok(exported.export)
    }

    pub(crate) async fn restore_file(
        &mut self,
        id: &str,
        namespace_id: Option<String>,
        file: &Path,
    ) -> Result<PairChanges, DeployError> {
        let source = BulkSource::open(file).await?;
        let Some(namespace_id) = namespace_id else {
            let (from, secrets_left_out) = (file.display().to_string(), Vec::new());
            let from =
                RestoreFrom { id: id.to_owned(), source, from, is_own: false, secrets_left_out };
            let plans = self.restore("restore", vec![from], &Caller).await?;
            return Ok(plans.into_iter().next().map(|plan| plan.changes).unwrap_or_default());
        };
        let opened = self.open_namespace(id, None, namespace_id).await?;
        let (place, failed) = (self.data_place(&opened), |error| self.data_failed(id, error));
        let restore = Restore::plan(source, place, |_| {}).await.map_err(failed)?;
        let changes = restore.changes.clone();
        restore.apply(place, &|_| {}).await.map_err(failed)?;
        Ok(changes)
    }

    pub(crate) async fn audit_one(
        &mut self,
        id: &str,
        namespace_id: Option<String>,
    ) -> Result<Audit, DeployError> {
        let Some(namespace_id) = namespace_id else {
            let mut audited = self.audit(Some(id), None, &Caller).await?;
            let audited =
                audited.pop().ok_or_else(|| DeployError::NotDeployed(vec![id.to_owned()]))?;
            return Ok(audited.audit);
        };
        let opened = self.open_namespace(id, None, namespace_id).await?;
        let auditor = auditor(&opened)?;
        let (place, failed) = (self.data_place(&opened), |error| self.data_failed(id, error));
        let listed = Listed::of(place).await.map_err(failed)?;
        auditor.audit(place, &listed, None, &|_| {}).await.map_err(failed)
    }

    pub(crate) async fn migrate_one(
        &mut self,
        id: &str,
        namespace_id: Option<String>,
    ) -> Result<PairChanges, DeployError> {
        let Some(namespace_id) = namespace_id else {
            let plans = self.migrate(Some(id), &Caller).await?;
            return Ok(plans.into_iter().next().map(|plan| plan.changes).unwrap_or_default());
        };
        let opened = self.open_namespace(id, None, namespace_id).await?;
        let auditor = auditor(&opened)?;
        let (place, failed) = (self.data_place(&opened), |error| self.data_failed(id, error));
        let migration = Migration::plan(&auditor, place, &|_| {}, &|_| {}).await.map_err(failed)?;
        let changes = migration.changes.clone();
        migration.apply(&auditor, place, &|_| {}, &|_| {}).await.map_err(failed)?;
        Ok(changes)
    }
}

/// An auditor for a namespace that is in no state, so that seeded keys are not known.
fn auditor(opened: &Opened) -> Result<Auditor<'static>, DeployError> {
    let auditor = opened.declaration.map(|declaration| Auditor::new(declaration, &|_| false));
    auditor.ok_or_else(|| DeployError::NotDeployed(vec![opened.id.clone()]))
}
