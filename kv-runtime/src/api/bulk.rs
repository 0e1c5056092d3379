//! Many pairs in one request.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::body::SealedBody;
use super::envelope::{self, Answer};
use super::error::{ApiError, Failure, Subject};
use super::namespaces::Namespaces;
use super::request::{Body, Request};
use super::retry::Effect;

/// What became of a bulk write or delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct BulkOutcome {
    /// The keys that did not reach all of Cloudflare's storage: send them again. All others did.
    pub unsuccessful_keys: Vec<String>,
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

#[derive(Deserialize)]
struct Counts {
    successful_key_count: Option<usize>,
    #[serde(default)]
    unsuccessful_keys: Option<Vec<String>>,
}

impl Namespaces {
    /// Writes the pairs of `body`, each with its value, metadata and expiry replaced.
    ///
    /// An answer whose count does not account for every pair is not believed.
    pub async fn bulk_put(&self, id: &str, body: &SealedBody) -> Result<BulkOutcome, ApiError> {
        let request = self
            .request(Method::PUT, Subject::Namespace, id, &["bulk"])?
            .body(Body::Json(body.json.clone()));
        self.client.send(request, |answer| outcome(answer, |told| told == body.pairs)).await
    }

    /// Deletes up to [`MAX_BULK_PAIRS`](kv_rules::MAX_BULK_PAIRS) keys; those that do not exist
    /// count as deleted.
    pub async fn bulk_delete(&self, id: &str, keys: &[&str]) -> Result<BulkOutcome, ApiError> {
        let request =
            self.request(Method::POST, Subject::Namespace, id, &["bulk", "delete"])?.json(keys)?;
        // Whether Cloudflare counts keys that did not exist is not documented.
        self.client.send(request, |answer| outcome(answer, |told| told <= keys.len())).await
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

fn outcome(answer: &Answer, fits: impl Fn(usize) -> bool) -> Result<BulkOutcome, Failure> {
    // Older servers answer `null`, which says that all keys succeeded.
    let Some(counts) = envelope::result::<Option<Counts>>(answer)? else {
        return Ok(BulkOutcome::default());
    };
    let unsuccessful_keys = counts.unsuccessful_keys.unwrap_or_default();
    match counts.successful_key_count {
        Some(successful) if !fits(successful.saturating_add(unsuccessful_keys.len())) => {
            let failed = unsuccessful_keys.len();
            let why = format!("it counts {successful} keys done and {failed} not, of others");
            Err(envelope::nonsense(answer, &why))
        }
        _ => Ok(BulkOutcome { unsuccessful_keys }),
    }
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
