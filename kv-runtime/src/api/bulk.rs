//! Requests that read, write or delete many pairs at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::SealedBody;
use super::envelope::{self, Answer};
use super::error::{ApiError, Failure, Subject};
use super::namespaces::Namespaces;
use super::request::Body;
use super::retry::Effect;
use super::values::ValueResponse;
use crate::raw::StoredValue;

/// The outcome of a bulk write or delete, according to the response.
///
/// ```no_run
/// use kv_runtime::api::BulkOutcome;
///
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// match namespaces.bulk_delete(id, &["motd", "limits"]).await? {
///     BulkOutcome::Accounted { unsuccessful_keys } => println!("not deleted: {unsuccessful_keys:?}"),
///     BulkOutcome::Unaccounted { why } => println!("read the keys again: {why}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum BulkOutcome {
    /// The response accounts for every key that was sent.
    Accounted {
        /// The keys that did not reach all of Cloudflare's storage and must be sent again. All others did.
        unsuccessful_keys: Vec<String>,
    },
    /// The response is inconsistent and confirms nothing: check the keys, or send them again.
    Unaccounted {
        /// What is wrong with it.
        why: &'static str,
    },
}

/// A pair as a bulk read returns it.
#[derive(Deserialize)]
struct BulkValue {
    value: Option<String>,
    metadata: Option<Box<RawValue>>,
    expiration: Option<u64>,
}

impl BulkValue {
    fn stored(self) -> Option<StoredValue> {
        let Self { value, metadata, expiration } = self;
        Some(StoredValue { value: Bytes::from(value?), metadata, expiration })
    }
}

impl Namespaces {
    /// Writes the pairs of `body` and replaces the value, metadata and expiration of each.
    pub async fn bulk_put(&self, id: &str, body: &SealedBody<'_>) -> Result<BulkOutcome, ApiError> {
        let request = self
            .request(Method::PUT, Subject::Namespace, id, &["bulk"])?
            .body(Body::Json(body.json.clone()));
        self.client.send(request, |answer| outcome(answer, &body.keys)).await
    }

    /// Deletes up to [`MAX_BULK_PAIRS`](kv_rules::MAX_BULK_PAIRS) keys; those that do not exist
    /// count as deleted.
    pub async fn bulk_delete(&self, id: &str, keys: &[&str]) -> Result<BulkOutcome, ApiError> {
        let request =
            self.request(Method::POST, Subject::Namespace, id, &["bulk", "delete"])?.json(keys)?;
        self.client.send(request, |answer| outcome(answer, keys)).await
    }

    /// Reads up to [`MAX_BULK_GET_KEYS`](kv_rules::MAX_BULK_GET_KEYS) values that are text, in the
    /// order of their keys; a key that does not exist is `None`.
    ///
    /// The whole request fails if one value is not text, or if the values exceed 25 MiB together: see
    /// [`ApiError::is_not_text`].
    pub async fn bulk_get(&self, id: &str, keys: &[&str]) -> Result<Vec<Option<Bytes>>, ApiError> {
        let read = self.bulk_read(id, keys, false, |text: String| Some(Bytes::from(text))).await?;
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            values.push(match read.get(*key) {
                Some(value) => value.clone(),
                None => self.value(id, key).await?.map(|value| value.bytes),
            });
        }
        Ok(values)
    }

    /// Like [`bulk_get`](Self::bulk_get), with the pairs' metadata and expirations.
    pub async fn bulk_get_with_metadata(
        &self,
        id: &str,
        keys: &[&str],
    ) -> Result<Vec<Option<StoredValue>>, ApiError> {
        let read = self.bulk_read(id, keys, true, BulkValue::stored).await?;
        let mut pairs = Vec::with_capacity(keys.len());
        for key in keys {
            pairs.push(match read.get(*key) {
                Some(pair) => pair.clone(),
                None => self.get_pair(id, key).await?,
            });
        }
        Ok(pairs)
    }

    /// Reads what the response says about each key. If it mentions neither a value nor its absence for a
    /// key, the caller reads that key on its own.
    async fn bulk_read<T: DeserializeOwned, U>(
        &self,
        id: &str,
        keys: &[&str],
        with_metadata: bool,
        found: fn(T) -> Option<U>,
    ) -> Result<HashMap<String, Option<U>>, ApiError> {
        #[derive(Deserialize)]
        struct Values<T> {
            values: HashMap<String, Option<T>>,
        }
        let asked: BTreeSet<&str> = keys.iter().copied().collect();
        let asked = json!({ "keys": asked, "type": "text", "withMetadata": with_metadata });
        let request = self.request(Method::POST, Subject::Namespace, id, &["bulk", "get"])?;
        let request = request.json(&asked)?.effect(Effect::Reads);
        let Values { values } = self.client.send(request, envelope::result).await?;
        Ok(values.into_iter().map(|(key, value)| (key, value.and_then(found))).collect())
    }

    /// Reads pairs, assuming that their values are text. If some are not, or if they exceed 25 MiB
    /// together, splits the keys in halves, down to single keys.
    pub(crate) fn get_pairs<'a>(
        &'a self,
        id: &'a str,
        keys: &'a [&'a str],
    ) -> BoxFuture<'a, Result<Vec<Option<StoredValue>>, ApiError>> {
        async move {
            match (self.bulk_get_with_metadata(id, keys).await, keys) {
                (Err(error), [key]) if error.is_not_text() => {
                    Ok(vec![self.get_pair(id, key).await?])
                }
                (Err(error), _) if error.is_not_text() => {
                    let (first, second) = keys.split_at(keys.len() / 2);
                    let mut found = self.get_pairs(id, first).await?;
                    found.extend(self.get_pairs(id, second).await?);
                    Ok(found)
                }
                (found, _) => found,
            }
        }
        .boxed()
    }

    /// Reads one pair with two requests, even if its value is not text.
    pub(crate) async fn get_pair(
        &self,
        id: &str,
        key: &str,
    ) -> Result<Option<StoredValue>, ApiError> {
        let Some(ValueResponse { bytes, expiration }) = self.value(id, key).await? else {
            return Ok(None);
        };
        let metadata = self.metadata(id, key).await?;
        Ok(Some(StoredValue { value: bytes, metadata, expiration }))
    }
}

fn outcome(answer: &Answer, sent: &[&str]) -> Result<BulkOutcome, Failure> {
    let result = envelope::result::<Value>(answer)?;
    Ok(match unsuccessful(&result, sent) {
        Ok(unsuccessful_keys) => BulkOutcome::Accounted { unsuccessful_keys },
        Err(why) => BulkOutcome::Unaccounted { why },
    })
}

/// The keys that a response reports as unsuccessful, if it accounts for every key that was sent.
fn unsuccessful(result: &Value, sent: &[&str]) -> Result<Vec<String>, &'static str> {
    let successful = result.get("successful_key_count").and_then(Value::as_u64);
    let successful = successful.ok_or("it does not count the keys that succeeded")?;
    let named = match result.get("unsuccessful_keys") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(named)) => named.as_slice(),
        Some(_) => return Err("it does not list the keys that failed"),
    };
    let named: Option<Vec<&str>> = named.iter().map(Value::as_str).collect();
    let named = named.ok_or("it names a key that is not text")?;
    let mut open: HashSet<&str> =
        if named.is_empty() { HashSet::new() } else { sent.iter().copied().collect() };
    if !named.iter().all(|key| open.remove(key)) {
        return Err("it names a key that was not sent, or the same key twice");
    }
    if usize::try_from(successful).ok().and_then(|n| n.checked_add(named.len())) != Some(sent.len())
    {
        return Err("its counts do not add up to the keys that were sent");
    }
    Ok(named.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_confirms_only_when_it_accounts_for_every_key() {
        let sent = ["a", "b", "c"];
        for (result, expected) in [
            (json!({"successful_key_count": 3}), Some(&[][..])),
            (json!({"successful_key_count": 3, "unsuccessful_keys": null}), Some(&[])),
            (json!({"successful_key_count": 2, "unsuccessful_keys": ["b"]}), Some(&["b"])),
            (
                json!({"successful_key_count": 0, "unsuccessful_keys": ["c", "a", "b"]}),
                Some(&["c", "a", "b"]),
            ),
            (Value::Null, None),
            (json!({}), None),
            (json!({"unsuccessful_keys": []}), None),
            (json!({"successful_key_count": null, "unsuccessful_keys": []}), None),
            (json!({"successful_key_count": "3", "unsuccessful_keys": []}), None),
            (json!({"successful_key_count": -3, "unsuccessful_keys": []}), None),
            (json!({"successful_key_count": 2.5, "unsuccessful_keys": []}), None),
            (json!({"successful_key_count": 0, "unsuccessful_keys": []}), None),
            (json!({"successful_key_count": 2, "unsuccessful_keys": []}), None),
            (json!({"successful_key_count": 4, "unsuccessful_keys": []}), None),
            (json!({"successful_key_count": u64::MAX, "unsuccessful_keys": ["a"]}), None),
            (json!({"successful_key_count": 2, "unsuccessful_keys": ["z"]}), None),
            (json!({"successful_key_count": 2, "unsuccessful_keys": ["A"]}), None),
            (json!({"successful_key_count": 1, "unsuccessful_keys": ["a", "a"]}), None),
            (json!({"successful_key_count": 2, "unsuccessful_keys": [1]}), None),
            (json!({"successful_key_count": 2, "unsuccessful_keys": "a"}), None),
            (json!([]), None),
            (json!(3), None),
        ] {
            let keys = unsuccessful(&result, &sent).ok();
            let expected = expected.map(|keys| keys.iter().map(|&key| key.to_owned()).collect());
            assert_eq!(keys, expected, "{result}");
        }
    }
}
