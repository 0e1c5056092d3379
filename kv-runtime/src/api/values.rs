//! Requests for one pair: its value and its metadata.

use std::fmt;

use bytes::Bytes;
use futures_util::Stream;
use kv_rules::{Expiry, check_key};
use reqwest::Method;
use reqwest::header::HeaderName;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::envelope;
use super::error::{ApiError, Subject};
use super::namespaces::Namespaces;
use super::request::{Body, Request};

const EXPIRATION: HeaderName = HeaderName::from_static("expiration");

/// A value as it is stored. `Debug` does not show it.
///
/// ```no_run
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// if let Some(found) = namespaces.value(id, "motd").await? {
///     println!("{} bytes, until {:?}", found.bytes.len(), found.expiration);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValueResponse {
    /// The value.
    pub bytes: Bytes,
    /// When the pair expires, in seconds since 1970.
    pub expiration: Option<u64>,
}

impl Namespaces {
    fn of_key(&self, method: Method, id: &str, part: &str, key: &str) -> Result<Request, ApiError> {
        check_key(key)?;
        self.request(method, Subject::Key, id, &[part, key])
    }

    /// Gets the value of a key, `None` if the key does not exist.
    pub async fn value(&self, id: &str, key: &str) -> Result<Option<ValueResponse>, ApiError> {
        let request = self.of_key(Method::GET, id, "values", key)?;
        let value = self.client.send(request, |answer| {
            if !answer.status.is_success() {
                envelope::result::<IgnoredAny>(answer)?;
            }
            let expiration = answer.headers.get(EXPIRATION);
            let expiration = expiration.and_then(|text| text.to_str().ok()?.parse().ok());
            Ok(ValueResponse { bytes: answer.body.clone(), expiration })
        });
        found(value.await)
    }

    /// Gets the value of a key as a stream of pieces, `None` if the key does not exist. If the connection
    /// is lost, the stream yields an error.
    pub async fn value_stream(
        &self,
        id: &str,
        key: &str,
    ) -> Result<Option<impl Stream<Item = Result<Bytes, ApiError>> + Send + use<>>, ApiError> {
        let request = self.of_key(Method::GET, id, "values", key)?;
        found(self.client.open(request, envelope::result::<IgnoredAny>).await)
    }

    /// Gets the metadata of a key, `None` if there is none or the key does not exist.
    pub async fn metadata(&self, id: &str, key: &str) -> Result<Option<Box<RawValue>>, ApiError> {
        let request = self.of_key(Method::GET, id, "metadata", key)?;
        let metadata = self.client.send(request, envelope::result::<Option<Box<RawValue>>>);
        found(metadata.await).map(Option::flatten)
    }

    /// Writes a pair; `metadata` is JSON text. With `None`, existing metadata or expiration is removed.
    pub async fn put_value(
        &self,
        id: &str,
        key: &str,
        value: Bytes,
        metadata: Option<&str>,
        expiry: Option<Expiry>,
    ) -> Result<(), ApiError> {
        let body = match metadata {
            Some(metadata) => Body::Value(value, metadata.to_owned()),
            None => Body::Raw(value),
        };
        let request = self.of_key(Method::PUT, id, "values", key)?.body(body);
        let request = match expiry {
            Some(Expiry::Ttl(ttl)) => request.query("expiration_ttl", &ttl.to_string()),
            Some(Expiry::At(time)) => request.query("expiration", &time.to_string()),
            None => request,
        };
        self.client.send(request, envelope::result::<Option<IgnoredAny>>).await?;
        Ok(())
    }

    /// Deletes a pair; one that does not exist counts as deleted.
    pub async fn delete_value(&self, id: &str, key: &str) -> Result<(), ApiError> {
        let request = self.of_key(Method::DELETE, id, "values", key)?;
        let deleted = self.client.send(request, envelope::result::<Option<IgnoredAny>>);
        found(deleted.await)?;
        Ok(())
    }
}

fn found<T>(result: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match result {
        Err(error) if error.is_key_not_found() => Ok(None),
        result => result.map(Some),
    }
}

impl fmt::Debug for ValueResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, expiration) = (self.bytes.len(), self.expiration);
        f.debug_struct("ValueResponse")
            .field("bytes", &bytes)
            .field("expiration", &expiration)
            .finish()
    }
}
