//! What is deployed to a stage.

use kv_rules::Time;
use serde::Serialize;

use super::error::DeployError;
use super::observe::{Seen, look_at};
use super::run::Run;
use crate::state::Record;

/// What is deployed to a stage.
#[derive(Debug, Serialize)]
pub(crate) struct StageStatus {
    pub(crate) stage: String,
    pub(crate) namespaces: Vec<NamespaceStatus>,
}

/// A namespace in the state, without its digests, which are of no use to readers.
#[derive(Debug, Serialize)]
pub(crate) struct NamespaceStatus {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) account_id: String,
    pub(crate) namespace_id: Option<String>,
    pub(crate) created_at: Option<Time>,
    pub(crate) modified_at: Option<Time>,
    pub(crate) keys: usize,
    /// The programs that list it.
    pub(crate) deployers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<Seen>,
}

impl Run {
    /// What is deployed to the stage; with `refresh`, also whether it still exists as it was written.
    pub(crate) async fn status(&mut self, refresh: bool) -> Result<StageStatus, DeployError> {
        let Some(state) = self.find_state().await? else { return Err(self.no_state().await?) };
        let resolved =
            if refresh { self.resolve(state.digest_key(), None).await? } else { Vec::new() };
        let look = self.look();
        let mut namespaces = Vec::new();
        for (id, record) in &state.namespaces {
            let seen = if refresh {
                let account = self.connect(id, Some(record)).await?;
                let resolved = resolved.iter().find(|r| r.declaration.id == id);
                let seen = look_at(&account, id, record, resolved, &look).await?;
                Some(self.redacted(seen))
            } else {
                None
            };
            namespaces.push(NamespaceStatus { seen, ..NamespaceStatus::of(id, record) });
        }
        Ok(StageStatus { stage: self.options.stage.stage().to_owned(), namespaces })
    }
}

impl Run {
    fn redacted(&self, mut seen: Seen) -> Seen {
        if let Seen::There { renamed_to: Some(title), .. } = &mut seen {
            *title = self.redact(title);
        }
        seen
    }
}

impl NamespaceStatus {
    pub(super) fn of(id: &str, record: &Record) -> Self {
        let deployment = match record {
            Record::Creating(_) => None,
            Record::Deployed(deployment) => Some(deployment),
        };
        Self {
            id: id.to_owned(),
            title: record.title().to_owned(),
            account_id: record.account_id().to_owned(),
            namespace_id: deployment.map(|d| d.namespace_id.clone()),
            created_at: deployment.map(|d| d.created_at),
            modified_at: deployment.map(|d| d.modified_at),
            keys: deployment.map_or(0, |d| d.keys().len()),
            deployers: record.deployers().iter().cloned().collect(),
            seen: None,
        }
    }
}
