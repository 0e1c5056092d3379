//! Pairs behind Cloudflare's API, for programs that are not Workers.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use kv_rules::{
    AccountError, DEFAULT_BASE_URL, MAX_BULK_GET_KEYS, MAX_BULK_PAIRS, MAX_LIST_KEYS,
    MIN_LIST_KEYS, check_account_id,
};
use secrecy::SecretString;
use serde_json::value::RawValue;

use super::body::{BulkBody, Pair};
use super::bulk::BulkOutcome;
use super::client::Client;
use super::credentials::Credentials;
use super::error::ApiError;
use super::namespaces::Namespaces;
use super::retry::RetryPolicy;
use crate::raw::{
    ByteStream, GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawError, RawPair, RawStore,
    StoredValue,
};

/// Pairs behind Cloudflare's API, for programs that are not Workers.
///
/// A write can take a minute or more to become visible elsewhere, and a key that did not exist can be seen
/// as missing for as long.
///
/// ```no_run
/// use kv_runtime::{Entry, RestStore, Store};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RestStore::builder().namespace_id("0f2ac74b498b48028cb68387c421e279").build()?;
/// let motd = Entry::<String>::new(&Store::from(store), "motd")?.get().await?;
/// println!("{motd:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RestStore {
    namespaces: Namespaces,
    id: Arc<str>,
}

impl RestStore {
    /// Creates a store for the namespace with this id. Nothing is sent until you use a pair.
    #[must_use]
    pub fn new(namespaces: Namespaces, id: impl Into<Arc<str>>) -> Self {
        Self { namespaces, id: id.into() }
    }
}

/// A builder for [`RestStore`]; created by [`RestStore::builder`].
///
/// ```no_run
/// use kv_runtime::{Entry, RestStore, Store};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RestStore::builder()
///     .api_token(std::env::var("CLOUDFLARE_API_TOKEN")?)
///     .account_id("0123456789abcdef0123456789abcdef")
///     .namespace_id("0f2ac74b498b48028cb68387c421e279")
///     .build()?;
/// let motd = Entry::<String>::new(&Store::from(store), "motd")?.get().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "no store is created until `build` is called"]
pub struct RestStoreBuilder {
    api_token: Option<SecretString>,
    account_id: Option<String>,
    namespace_id: Option<String>,
    base_url: Option<String>,
    retry: RetryPolicy,
}

/// Why a [`RestStoreBuilder`] could not create a store.
///
/// ```
/// use kv_runtime::RestStore;
/// use kv_runtime::api::RestStoreError;
///
/// let error = RestStore::builder().api_token("any").build().unwrap_err();
/// assert!(matches!(error, RestStoreError::Missing(_)), "{error}");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestStoreError {
    /// A required setting is missing.
    #[error("a store for the API needs `{0}`: call `.{0}(...)`")]
    Missing(&'static str),
    /// The account id is not valid.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The client cannot be created.
    #[error(transparent)]
    Client(#[from] ApiError),
}

impl RestStore {
    /// Creates a builder, which needs an API token, an account id and a namespace id.
    pub fn builder() -> RestStoreBuilder {
        RestStoreBuilder::default()
    }
}

impl RestStoreBuilder {
    /// Sets the API token. It needs the permission `Workers KV Storage: Edit`, or `Read` for reading only.
    pub fn api_token(mut self, token: impl Into<String>) -> Self {
        self.api_token = Some(token.into().into());
        self
    }

    /// Sets the id of the account that has the namespace.
    pub fn account_id(mut self, id: impl Into<String>) -> Self {
        self.account_id = Some(id.into());
        self
    }

    /// Sets Cloudflare's id of the namespace.
    pub fn namespace_id(mut self, id: impl Into<String>) -> Self {
        self.namespace_id = Some(id.into());
        self
    }

    /// Sets the API's base URL, by default Cloudflare's.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets how long requests are retried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Creates the store. Nothing is sent until you use a pair.
    ///
    /// # Errors
    ///
    /// If the token, the account or the namespace is missing, or one of them is not valid.
    pub fn build(self) -> Result<RestStore, RestStoreError> {
        let token = self.api_token.ok_or(RestStoreError::Missing("api_token"))?;
        let account_id = self.account_id.ok_or(RestStoreError::Missing("account_id"))?;
        let namespace_id = self.namespace_id.ok_or(RestStoreError::Missing("namespace_id"))?;
        check_account_id(&account_id)?;
        let base_url = self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
        let client = Client::new(base_url, Credentials::Token(token), self.retry)?;
        Ok(RestStore::new(client.namespaces(&account_id), namespace_id))
    }
}

/// How often keys that Cloudflare did not confirm are sent again.
const ROUNDS: u32 = 5;

/// The most bytes of one bulk request, unless a single pair has more.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Waits before a round, longer each time.
async fn pause_before(round: u32) {
    if round > 0 {
        tokio::time::sleep(Duration::from_millis(250) * 2_u32.pow(round)).await;
    }
}

/// The body of a request for the first pairs, and how many it carries.
fn body(pairs: &[RawPair]) -> (BulkBody<'_>, usize) {
    let mut body = BulkBody::new();
    for RawPair { key, value, options: PutOptions { metadata, expiry, .. } } in pairs {
        let metadata = metadata.as_deref().map(RawValue::get);
        let pair = Pair { key, value, metadata, expiry: *expiry };
        let is_full = !body.is_empty() && body.bytes() + value.len() > MOST_BYTES;
        if is_full || !body.push(&pair) {
            break;
        }
    }
    // An empty body accepts any checked pair.
    let count = body.len().max(1);
    (body, count)
}

/// How many requests are in flight when many values are read.
const REQUESTS_AT_ONCE: usize = 6;

impl RestStore {
    /// Reads as many values as fit into one request.
    async fn get_chunk(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>, RawError> {
        match self.namespaces.bulk_get(&self.id, keys).await {
            Ok(values) => Ok(values),
            Err(error) if error.is_not_text() => {
                let gets = keys.iter().map(|key| self.get(key, GetOptions::default()));
                let gets = stream::iter(gets.collect::<Vec<_>>()).buffered(REQUESTS_AT_ONCE);
                gets.try_collect().await
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl RawStore for RestStore {
    async fn get(&self, key: &str, _: GetOptions) -> Result<Option<Bytes>, RawError> {
        Ok(self.namespaces.value(&self.id, key).await?.map(|value| value.bytes))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        _: GetOptions,
    ) -> Result<Option<StoredValue>, RawError> {
        // If the value is text, one request returns both.
        Ok(self.namespaces.get_pairs(&self.id, &[key]).await?.pop().flatten())
    }

    async fn get_many(&self, keys: &[&str], _: GetOptions) -> Result<Vec<Option<Bytes>>, RawError> {
        let requests = keys.chunks(MAX_BULK_GET_KEYS).map(|keys| self.get_chunk(keys));
        let requests = stream::iter(requests.collect::<Vec<_>>()).buffered(REQUESTS_AT_ONCE);
        requests.try_concat().await
    }

    async fn get_many_with_metadata(
        &self,
        keys: &[&str],
        _: GetOptions,
    ) -> Result<Vec<Option<StoredValue>>, RawError> {
        let chunks = keys.chunks(MAX_BULK_GET_KEYS);
        let requests = chunks.map(|keys| self.namespaces.get_pairs(&self.id, keys));
        let requests = stream::iter(requests.collect::<Vec<_>>()).buffered(REQUESTS_AT_ONCE);
        Ok(requests.try_concat().await?)
    }

    async fn get_stream(&self, key: &str) -> Result<Option<ByteStream>, RawError> {
        let pieces = self.namespaces.value_stream(&self.id, key).await?;
        Ok(pieces.map(|pieces| pieces.map_err(RawError::from).boxed()))
    }

    async fn put_many(&self, pairs: Vec<RawPair>) -> Result<(), RawError> {
        let mut open = pairs;
        for round in 0..ROUNDS {
            pause_before(round).await;
            let mut unconfirmed = HashSet::new();
            let mut rest = open.as_slice();
            while !rest.is_empty() {
                let (body, count) = body(rest);
                let (sent, after) = rest.split_at(count);
                rest = after;
                match self.namespaces.bulk_put(&self.id, &body.seal()).await? {
                    BulkOutcome::Accounted { unsuccessful_keys } => {
                        unconfirmed.extend(unsuccessful_keys);
                    }
                    BulkOutcome::Unaccounted { .. } => {
                        unconfirmed.extend(sent.iter().map(|pair| pair.key.clone()));
                    }
                }
            }
            open.retain(|pair| unconfirmed.contains(&pair.key));
            if open.is_empty() {
                return Ok(());
            }
        }
        Err(RawError::Unconfirmed { keys: open.into_iter().map(|pair| pair.key).collect() })
    }

    async fn delete_many(&self, keys: &[&str]) -> Result<(), RawError> {
        let mut open = keys.to_vec();
        for round in 0..ROUNDS {
            pause_before(round).await;
            let mut unconfirmed = HashSet::new();
            for sent in open.chunks(MAX_BULK_PAIRS) {
                match self.namespaces.bulk_delete(&self.id, sent).await? {
                    BulkOutcome::Accounted { unsuccessful_keys } => {
                        unconfirmed.extend(unsuccessful_keys);
                    }
                    BulkOutcome::Unaccounted { .. } => {
                        unconfirmed.extend(sent.iter().map(|key| (*key).to_owned()));
                    }
                }
            }
            open.retain(|key| unconfirmed.contains(*key));
            if open.is_empty() {
                return Ok(());
            }
        }
        Err(RawError::Unconfirmed { keys: open.into_iter().map(str::to_owned).collect() })
    }

    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError> {
        let PutOptions { metadata, expiry, .. } = options;
        let metadata = metadata.as_ref().map(|json| json.get());
        Ok(self.namespaces.put_value(&self.id, key, value, metadata, expiry).await?)
    }

    async fn delete(&self, key: &str) -> Result<(), RawError> {
        Ok(self.namespaces.delete_value(&self.id, key).await?)
    }

    async fn list(&self, prefix: &str, options: ListOptions<'_>) -> Result<KeyPage, RawError> {
        let ListOptions { cursor, limit } = options;
        let limit = limit.clamp(MIN_LIST_KEYS, MAX_LIST_KEYS);
        let page = self.namespaces.keys(&self.id, prefix, cursor, limit).await?;
        let keys = page.keys.into_iter().map(|key| KeyInfo {
            name: key.name,
            expiration: key.expiration,
            metadata: key.metadata,
        });
        Ok(KeyPage { keys: keys.collect(), cursor: page.cursor })
    }
}

impl From<ApiError> for RawError {
    fn from(error: ApiError) -> Self {
        if error.is_namespace_not_found() {
            Self::NamespaceNotFound(error.into())
        } else if error.is_unauthorized() {
            Self::Unauthorized(error.into())
        } else if error.status() == Some(429) {
            Self::RateLimited(error.into())
        } else {
            Self::Other(error.into())
        }
    }
}
