//! Reads a namespace that is in no state.

use std::path::PathBuf;

use super::super::error::DeployError;
use super::super::host::{Event, Host};
use super::super::run::Run;
use super::{ExportTarget, Exported, Select};
use crate::data::{Listed, read_keys};

/// The id under which errors name a namespace that is in no state.
const NAMELESS: &str = "namespace";

impl Run {
    /// The title of a namespace, or `None` if the account does not have it.
    pub(crate) async fn title_of(
        &mut self,
        namespace_id: &str,
    ) -> Result<Option<String>, DeployError> {
        let account = self.connect(NAMELESS, None).await?;
        let found = account.remote().get(namespace_id).await;
        let found = found.map_err(DeployError::request(NAMELESS, "look the namespace up"))?;
        Ok(found.map(|found| self.redact(&found.title)))
    }

    /// The keys of a namespace, and the values of some of them.
    pub(crate) async fn sample(
        &mut self,
        namespace_id: &str,
        samples: usize,
        host: &dyn Host,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, DeployError> {
        if self.title_of(namespace_id).await?.is_none() {
            return Err(DeployError::NoSuchNamespace(namespace_id.to_owned()));
        }
        let opened = self.open_namespace(NAMELESS, None, namespace_id.to_owned()).await?;
        let place = self.data_place(&opened);
        let failed = |error| self.data_failed(NAMELESS, error);
        let listed = Listed::of(place).await.map_err(failed)?;
        let keys = listed.names();
        // Keys of one family are next to each other, so take samples at regular distances.
        let step = keys.len().div_ceil(samples * 10).max(1);
        let chosen: Vec<String> = keys.iter().step_by(step).cloned().collect();
        let reads = Some(chosen.len() as u64);
        host.event(Event::Reading { verb: "Reading", id: namespace_id, keys: reads });
        let mut values = read_keys(place, chosen).await.map_err(failed)?;
        host.event(Event::ReadAll);
        let seen = keys.into_iter().map(|key| {
            let value = values.remove(&key).map(|pair| pair.value.to_vec());
            (key, value)
        });
        Ok(seen.collect())
    }

    /// Exports a namespace by Cloudflare's id to a file.
    pub(crate) async fn export_namespace(
        &mut self,
        namespace_id: &str,
        select: &Select,
        file: PathBuf,
        host: &dyn Host,
    ) -> Result<Exported, DeployError> {
        // The namespace may be in the state under some id; then its secrets are known.
        let state = self.find_outline().await?;
        let record = state.iter().flat_map(|state| state.namespaces.values()).find(|record| {
            record.deployment().is_some_and(|found| found.namespace_id == namespace_id)
        });
        let opened = self.open_namespace(NAMELESS, record, namespace_id.to_owned()).await?;
        let mut target = ExportTarget::File(file);
        self.export_opened(&opened, select, &mut target, host).await
    }
}
