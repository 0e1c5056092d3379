//! Observes a namespace that may be removed.

use super::super::account::{RemoteAccount, titled};
use super::super::error::DeployError;
use super::super::wait;
use super::keys::KeyPages;
use super::{current, is_empty};
use crate::base::Interrupt;
use crate::state::{Creating, Deployment, Origin, Record};

/// The observed state of a namespace that may be removed.
#[derive(Debug)]
pub(crate) enum Removal {
    /// It does not exist.
    Gone,
    /// It exists, and is kept with its data.
    Kept { namespace_id: String },
    /// It exists, and may be deleted with its keys.
    Removable {
        namespace_id: String,
        keys: u64,
        /// How many of its keys this tool did not write.
        undeclared: u64,
    },
}

/// The namespace of a record, and its deployment in the state.
struct Found<'a> {
    namespace_id: String,
    /// `None` if it was being created.
    deployment: Option<&'a Deployment>,
}

/// What the namespace's declaration says for the stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared {
    pub(crate) delete: Option<bool>,
}

/// Observes a namespace that may be removed; `declared` is `None` if it is no longer declared.
pub(crate) async fn observe_removal(
    account: &RemoteAccount,
    id: &str,
    record: &Record,
    declared: Option<Declared>,
    interrupt: &Interrupt,
) -> Result<Removal, DeployError> {
    let found = match record {
        Record::Creating(creating) => created(account, id, creating, interrupt).await?,
        Record::Deployed(deployment) => {
            let found = current(account, id, deployment, interrupt).await?;
            found.map(|info| Found { namespace_id: info.id, deployment: Some(deployment) })
        }
    };
    let Some(Found { namespace_id, deployment }) = found else { return Ok(Removal::Gone) };
    if !is_removable(deployment, declared) {
        return Ok(Removal::Kept { namespace_id });
    }
    let (mut keys, mut undeclared) = (0, 0);
    let mut search = deployment.map(|deployment| deployment.keys().search());
    let mut pages = KeyPages::new(account.remote(), id, &namespace_id, interrupt);
    while let Some(page) = pages.next().await? {
        for key in page {
            keys += 1;
            let record = search.as_mut().and_then(|search| search.find(&key));
            undeclared += u64::from(!record.is_some_and(|(_, record)| record.written));
        }
    }
    Ok(Removal::Removable { namespace_id, keys, undeclared })
}

/// The namespace that an interrupted create may have left. Waits for it as long as it may be missing from
/// the list, because forgetting it would orphan it. The same applies to the namespace that it would have
/// replaced, if that exists again.
async fn created<'a>(
    account: &RemoteAccount,
    id: &str,
    creating: &'a Creating,
    interrupt: &Interrupt,
) -> Result<Option<Found<'a>>, DeployError> {
    let find = || async {
        let all = account.list(id).await?;
        let found = titled(id, &all, &creating.title)?;
        Ok::<_, DeployError>(found.map(|info| info.id.clone()))
    };
    let found = match wait::settling(creating.since) {
        Some(left) => wait::until(interrupt, left, find, Option::is_some).await?,
        None => find().await?,
    };
    let found = match found {
        // A namespace that this tool was creating has no keys yet, so another program created this one.
        Some(found) if !is_empty(account, id, &found).await? => None,
        found => found,
    };
    let back = match &creating.replaces {
        Some(replaced) => {
            let back = current(account, id, replaced, interrupt).await?;
            back.map(|info| Found { namespace_id: info.id, deployment: Some(replaced) })
        }
        None => None,
    };
    match (found, back) {
        (Some(found), Some(back)) if found != back.namespace_id => Err(DeployError::CameBack {
            id: id.to_owned(),
            namespace_id: back.namespace_id,
            replacement: found,
        }),
        (_, Some(back)) => Ok(Some(back)),
        (found, None) => Ok(found.map(|namespace_id| Found { namespace_id, deployment: None })),
    }
}

/// Whether a namespace may be deleted. An adopted namespace may be deleted only if its declaration says so
/// explicitly. For one that is no longer declared, its last declaration counts.
fn is_removable(deployment: Option<&Deployment>, declared: Option<Declared>) -> bool {
    let origin = deployment.map_or(Origin::Created, |deployment| deployment.origin);
    let recorded = deployment.and_then(|deployment| deployment.delete);
    let delete = declared.map_or(recorded, |declared| declared.delete);
    delete.unwrap_or(origin == Origin::Created)
}
