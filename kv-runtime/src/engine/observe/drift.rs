//! Finds keys written by this tool that others changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::error::DeployError;
use super::super::resolve::{DeclaredPair, Resolved};
use super::compare::{Place, Stored, Written, compare};
use crate::state::Deployment;

/// How a key differs from what this tool wrote.
///
/// ```no_run
/// use kv_runtime::Drift;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in Notes::deploy().plan().await?.namespaces {
///     let gone = namespace.drift.values().filter(|drift| **drift == Drift::Missing);
///     println!("{} keys were removed by others", gone.count());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Drift {
    /// Its value, metadata or expiration is different.
    Changed,
    /// It does not exist. A key with a TTL or an expiration never counts as missing.
    Missing,
}

/// Compares the declared keys of a namespace whose declarations did not change since they were written. Keys
/// declared `once` belong to the application and are not compared.
pub(super) async fn drift(
    place: Place<'_>,
    resolved: &Resolved,
    deployment: &Deployment,
) -> Result<BTreeMap<String, Drift>, DeployError> {
    let mut search = deployment.keys().search();
    let as_written = |pair: &&DeclaredPair| {
        let record = search.find(&pair.key);
        !pair.is_once() && record.is_some_and(|(_, r)| r.confirmed && r.digest == pair.digest)
    };
    let pairs: Vec<&DeclaredPair> = resolved.pairs.iter().flatten().filter(as_written).collect();
    let stored = compare(place, &pairs, Written::Ever).await;
    let stored = stored.map_err(DeployError::request(place.id, "compare the keys"))?;
    let drift = pairs.iter().zip(stored).filter_map(|(pair, stored)| match stored {
        Stored::Other { .. } => Some((pair.key.to_string(), Drift::Changed)),
        Stored::Missing if pair.expiry().is_none() => Some((pair.key.to_string(), Drift::Missing)),
        Stored::Missing | Stored::Same => None,
    });
    Ok(drift.collect())
}
