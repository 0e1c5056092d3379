//! What others did to the keys that this tool wrote: compares them with the account, in as few
//! requests as the API allows.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::DeployError;
use super::keys::list_keys;
use super::pair::Pair;
use super::resolve::Resolved;
use crate::api::{ApiError, Namespaces};
use crate::state::{Deployment, DigestKey};

/// How a key differs from what this tool wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Drift {
    /// Its value or metadata is another.
    Changed,
    /// It is not there. A key that has a time to live is not missed.
    Missing,
}

/// Compares the declared keys of a namespace whose declaration did not change since they were
/// written; what is declared `once` belongs to the application and is not compared.
pub(super) async fn drift(
    api: &Namespaces,
    resolved: &Resolved,
    deployment: &Deployment,
    digest_key: &DigestKey,
    jobs: usize,
) -> Result<BTreeMap<String, Drift>, DeployError> {
    let id = resolved.declaration.id;
    let pairs = resolved.pairs().unwrap_or_default();
    let namespace_id = deployment.namespace_id.as_str();
    let mut there = HashSet::new();
    list_keys(api, id, namespace_id, |key| {
        if deployment.keys.contains_key(key.as_str()) {
            there.insert(key);
        }
    })
    .await?;
    let as_written = |pair: &&Pair| {
        let record = deployment.keys.get(pair.key.as_ref());
        !pair.once && record.is_some_and(|r| r.confirmed && r.digest == pair.digest(digest_key))
    };
    let (there, missing): (Vec<_>, Vec<_>) =
        pairs.iter().filter(as_written).partition(|pair| there.contains(pair.key.as_ref()));
    let mut drift: BTreeMap<_, _> = missing
        .into_iter()
        .filter(|pair| pair.expiry.is_none())
        .map(|pair| (pair.key.to_string(), Drift::Missing))
        .collect();
    let requests = there.chunks(kv_rules::MAX_BULK_GET_KEYS);
    let requests = requests.map(|chunk| changed(api, namespace_id, chunk).boxed());
    let changed = stream::iter(requests.collect::<Vec<_>>())
        .buffer_unordered(jobs)
        .try_concat()
        .await
        .map_err(DeployError::request(id, "compare the keys"))?;
    drift.extend(changed.into_iter().map(|key| (key, Drift::Changed)));
    Ok(drift)
}

/// The keys whose value or metadata is not the declared one.
async fn changed(
    api: &Namespaces,
    namespace_id: &str,
    pairs: &[&Pair],
) -> Result<Vec<String>, ApiError> {
    let keys: Vec<_> = pairs.iter().map(|pair| pair.key.as_ref()).collect();
    let mut changed = Vec::new();
    match api.bulk_get_with_metadata(namespace_id, &keys).await {
        Ok(values) => {
            for pair in pairs {
                let found = values.get(pair.key.as_ref()).and_then(Option::as_ref);
                let same = found.is_some_and(|found| {
                    is_same(pair, found.value.as_bytes(), found.metadata.as_deref())
                });
                if !same {
                    changed.push(pair.key.to_string());
                }
            }
        }
        // One value that is no text fails the whole request.
        Err(error) if error.is_not_text() => {
            for pair in pairs {
                let found = api.value(namespace_id, &pair.key).await?;
                let metadata = api.metadata(namespace_id, &pair.key).await?;
                let value = found.map_or_else(Bytes::new, |found| found.bytes);
                if !is_same(pair, &value, metadata.as_deref()) {
                    changed.push(pair.key.to_string());
                }
            }
        }
        Err(error) => return Err(error),
    }
    Ok(changed)
}

/// Whether a pair is stored as declared. Metadata may come back in another order or spacing.
fn is_same(pair: &Pair, value: &[u8], metadata: Option<&RawValue>) -> bool {
    let parsed = |json: &str| serde_json::from_str::<Value>(json).ok();
    let declared = pair.metadata.as_deref().and_then(parsed);
    let found = metadata.and_then(|metadata| parsed(metadata.get()));
    let none = |metadata: Option<Value>| metadata.filter(|value| !value.is_null());
    pair.value.as_ref() == value && none(declared) == none(found)
}
