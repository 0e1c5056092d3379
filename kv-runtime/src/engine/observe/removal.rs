//! A namespace that may have to go.

use super::super::account::{RemoteAccount, titled};
use super::super::error::DeployError;
use super::super::wait;
use super::current;
use super::keys::KeyPages;
use crate::base::Interrupt;
use crate::state::{Creating, Origin, Record};
use crate::typed::Declaration;

/// What is there of a namespace that may have to go.
#[derive(Debug)]
pub(crate) enum Removal {
    /// Nothing.
    Gone,
    /// It is there, and stays with its data.
    Kept { namespace_id: String },
    /// It is there, and may be deleted with its keys.
    Removable {
        namespace_id: String,
        keys: u64,
        /// How many of its keys no declaration wrote.
        undeclared: u64,
    },
}

/// Observes a namespace that may have to go.
pub(crate) async fn observe_removal(
    account: &RemoteAccount,
    id: &str,
    record: &Record,
    declaration: Option<&Declaration>,
    interrupt: &Interrupt,
) -> Result<Removal, DeployError> {
    let found = match record {
        Record::Creating(creating) => created(account, id, creating, interrupt).await?,
        Record::Deployed(deployment) => {
            current(account, id, deployment, interrupt).await?.map(|info| info.id)
        }
    };
    let Some(namespace_id) = found else { return Ok(Removal::Gone) };
    if !is_removable(record, declaration) {
        return Ok(Removal::Kept { namespace_id });
    }
    let (mut keys, mut undeclared) = (0, 0);
    let mut pages = KeyPages::new(account.remote(), id, &namespace_id, interrupt);
    while let Some(page) = pages.next().await? {
        for key in page {
            keys += 1;
            let declared = record.deployment().is_some_and(|d| d.keys.contains_key(key.as_str()));
            undeclared += u64::from(!declared);
        }
    }
    Ok(Removal::Removable { namespace_id, keys, undeclared })
}

/// The namespace that a create which was cut off may have left. It is waited for as long as it may
/// be missing from the list: forgetting it would orphan it. So would forgetting the one that it was
/// to replace, when that came back.
async fn created(
    account: &RemoteAccount,
    id: &str,
    creating: &Creating,
    interrupt: &Interrupt,
) -> Result<Option<String>, DeployError> {
    let find = || async {
        let all = account.list(id).await?;
        let found = titled(id, &all, &creating.title)?;
        Ok::<_, DeployError>(found.map(|info| info.id.clone()))
    };
    let found = match wait::settling(creating.since) {
        Some(left) => wait::until(interrupt, left, find, Option::is_some).await?,
        None => find().await?,
    };
    match (found, &creating.replaces) {
        (None, Some(replaced)) => {
            Ok(current(account, id, replaced, interrupt).await?.map(|info| info.id))
        }
        (found, _) => Ok(found),
    }
}

/// Whether a namespace may be deleted: one that was adopted only when its declaration says so in
/// so many words. One that left the code keeps what its declaration said last.
fn is_removable(record: &Record, declaration: Option<&Declaration>) -> bool {
    let deployment = record.deployment();
    let origin = deployment.map_or(Origin::Created, |deployment| deployment.origin);
    let recorded = deployment.and_then(|deployment| deployment.delete);
    declaration
        .map_or(recorded, |declaration| declaration.delete)
        .unwrap_or(origin == Origin::Created)
}
