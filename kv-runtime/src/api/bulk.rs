//! Many pairs in one request.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::SealedBody;
use super::envelope::{self, Answer};
use super::error::{ApiError, Failure, Subject};
use super::namespaces::Namespaces;
use super::request::{Body, Request};
use super::retry::Effect;

/// What an answer says became of the keys of a bulk write or delete.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum BulkOutcome {
    /// The answer accounts for every key that was sent.
    Accounted {
        /// The keys that did not reach all of Cloudflare's storage: send them again. All others did.
        unsuccessful_keys: Vec<String>,
    },
    /// The answer does not add up, so that it confirms nothing: look at the keys, or send them again.
    Unaccounted {
        /// What is wrong with it.
        why: &'static str,
    },
}

/// A pair as a bulk read gives it. `Debug` does not show the value.
#[derive(Clone, Deserialize)]
pub struct BulkValue {
    /// The value, which is text.
    pub value: String,
    /// The metadata, as the server wrote it.
    pub metadata: Option<Box<RawValue>>,
    /// When the pair expires, in seconds since 1970.
    pub expiration: Option<u64>,
}

impl Namespaces {
    /// Writes the pairs of `body`, each with its value, metadata and expiry replaced.
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
    /// One value that is not text fails the whole request, as more than 25 MiB of values do: see
    /// [`ApiError::is_not_text`].
    pub async fn bulk_get(&self, id: &str, keys: &[&str]) -> Result<Vec<Option<Bytes>>, ApiError> {
        #[derive(Deserialize)]
        struct Values {
            values: HashMap<String, Option<String>>,
        }
        let asked: BTreeSet<&str> = keys.iter().copied().collect();
        let request = self.bulk_get_request(id, &json!({ "keys": asked, "type": "text" }))?;
        let Values { values } = self.client.send(request, envelope::result).await?;
        let values: HashMap<_, _> = values
            .into_iter()
            .filter_map(|(key, value)| Some((key, Bytes::from(value?))))
            .collect();
        Ok(keys.iter().map(|key| values.get(*key).cloned()).collect())
    }

    /// Reads up to [`MAX_BULK_GET_KEYS`](kv_rules::MAX_BULK_GET_KEYS) pairs whose values are text;
    /// a key that does not exist is `None`.
    ///
    /// It fails as [`bulk_get`](Self::bulk_get) does.
    pub async fn bulk_get_with_metadata(
        &self,
        id: &str,
        keys: &[&str],
    ) -> Result<HashMap<String, Option<BulkValue>>, ApiError> {
        #[derive(Deserialize)]
        struct Values {
            values: HashMap<String, Option<BulkValue>>,
        }
        let asked = json!({ "keys": keys, "type": "text", "withMetadata": true });
        let request = self.bulk_get_request(id, &asked)?;
        let Values { mut values } = self.client.send(request, envelope::result).await?;
        for key in keys {
            values.entry((*key).to_owned()).or_default();
        }
        Ok(values)
    }

    fn bulk_get_request(&self, id: &str, asked: &serde_json::Value) -> Result<Request, ApiError> {
        let request = self.request(Method::POST, Subject::Namespace, id, &["bulk", "get"])?;
        Ok(request.json(asked)?.effect(Effect::Reads))
    }
}

fn outcome(answer: &Answer, sent: &[&str]) -> Result<BulkOutcome, Failure> {
    let result = envelope::result::<Value>(answer)?;
    Ok(match unsuccessful(&result, sent) {
        Ok(unsuccessful_keys) => BulkOutcome::Accounted { unsuccessful_keys },
        Err(why) => BulkOutcome::Unaccounted { why },
    })
}

/// The keys that an answer reports as unsuccessful, when it accounts for each that was sent.
fn unsuccessful(result: &Value, sent: &[&str]) -> Result<Vec<String>, &'static str> {
    let successful = result.get("successful_key_count").and_then(Value::as_u64);
    let successful = successful.ok_or("it does not count the keys that succeeded")?;
    let named = match result.get("unsuccessful_keys") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(named)) => named.as_slice(),
        Some(_) => return Err("it does not list the keys that failed"),
    };
    let named: Option<Vec<&str>> = named.iter().map(Value::as_str).collect();
    let named = named.ok_or("it names a key by something else than text")?;
    let mut open: HashSet<&str> =
        if named.is_empty() { HashSet::new() } else { sent.iter().copied().collect() };
    if !named.iter().all(|key| open.remove(key)) {
        return Err("it names a key that was not sent, or one twice");
    }
    if usize::try_from(successful).ok().and_then(|n| n.checked_add(named.len())) != Some(sent.len())
    {
        return Err("its counts do not add up to the keys that were sent");
    }
    Ok(named.into_iter().map(str::to_owned).collect())
}

impl fmt::Debug for BulkValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkValue")
            .field("bytes", &self.value.len())
            .field("metadata", &self.metadata)
            .field("expiration", &self.expiration)
            .finish()
    }
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
