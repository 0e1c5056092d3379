//! The trait of all stores, and its options and answers.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use kv_rules::{Expiry, MAX_LIST_KEYS, Time};
use serde_json::value::RawValue;

use super::byte_stream::ByteStream;
use super::clock::now;
use super::cursors::Cursors;
use super::error::RawError;

/// The pairs of one namespace, without types.
///
/// Implement it for a store of your own; a [`Store`](crate::Store) is made of it by `From`. What
/// reaches it was checked against the rules of Workers KV before.
///
/// ```
/// use async_trait::async_trait;
/// use kv_runtime::raw::{
///     GetOptions, KeyPage, ListOptions, PutOptions, RawError, RawStore, StoredValue,
/// };
/// use kv_runtime::{Bytes, Entry, Store};
///
/// /// A store that holds nothing and refuses to.
/// #[derive(Debug)]
/// struct ReadOnly;
///
/// #[async_trait]
/// impl RawStore for ReadOnly {
///     async fn get(&self, _: &str, _: GetOptions) -> Result<Option<Bytes>, RawError> {
///         Ok(None)
///     }
///
///     async fn get_with_metadata(
///         &self,
///         _: &str,
///         _: GetOptions,
///     ) -> Result<Option<StoredValue>, RawError> {
///         Ok(None)
///     }
///
///     async fn put(&self, _: &str, _: Bytes, _: PutOptions) -> Result<(), RawError> {
///         Err(RawError::other("this store is read-only"))
///     }
///
///     async fn delete(&self, _: &str) -> Result<(), RawError> {
///         Err(RawError::other("this store is read-only"))
///     }
///
///     async fn list(&self, _: &str, _: ListOptions<'_>) -> Result<KeyPage, RawError> {
///         Ok(KeyPage::default())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(ReadOnly);
/// let error = Entry::<u8>::new(&store, "a")?.put(&1).await.unwrap_err();
/// assert_eq!(error.to_string(), "this store is read-only");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait RawStore: fmt::Debug + Send + Sync {
    /// The value of a key, `None` when there is none.
    async fn get(&self, key: &str, options: GetOptions) -> Result<Option<Bytes>, RawError>;

    /// The value of a key with its metadata.
    async fn get_with_metadata(
        &self,
        key: &str,
        options: GetOptions,
    ) -> Result<Option<StoredValue>, RawError>;

    /// The value of a key with its metadata, and its expiration whatever that costs.
    ///
    /// As it is, it believes that [`get_with_metadata`](Self::get_with_metadata) tells it.
    async fn get_with_expiration(&self, key: &str) -> Result<Option<StoredValue>, RawError> {
        self.get_with_metadata(key, GetOptions::default()).await
    }

    /// What a listing tells of one key, without its value.
    ///
    /// As it is, it lists: a key comes first among those that it begins.
    async fn info(&self, key: &str) -> Result<Option<KeyInfo<Box<RawValue>>>, RawError> {
        let mut cursor = None;
        let mut cursors = Cursors::default();
        loop {
            let options = ListOptions { cursor: cursor.as_deref(), limit: 1 };
            let page = self.list(key, options).await?;
            match (page.keys.into_iter().next(), page.cursor) {
                (Some(info), _) => return Ok((info.name == key).then_some(info)),
                (None, None) => return Ok(None),
                (None, Some(next)) => {
                    cursors.follow(&next).map_err(RawError::other)?;
                    cursor = Some(next);
                }
            }
        }
    }

    /// The values of many keys, in their order; `None` where there is none.
    ///
    /// As it is, it asks for some at a time. A store that can be asked for many at once does so.
    async fn get_many(
        &self,
        keys: &[&str],
        options: GetOptions,
    ) -> Result<Vec<Option<Bytes>>, RawError> {
        some_at_a_time(keys.iter().map(|key| self.get(key, options))).await
    }

    /// The values of many keys with their metadata, in their order.
    ///
    /// As it is, it asks for some at a time.
    async fn get_many_with_metadata(
        &self,
        keys: &[&str],
        options: GetOptions,
    ) -> Result<Vec<Option<StoredValue>>, RawError> {
        some_at_a_time(keys.iter().map(|key| self.get_with_metadata(key, options))).await
    }

    /// The value of a key, in pieces as they come.
    ///
    /// As it is, the value is one piece.
    async fn get_stream(&self, key: &str) -> Result<Option<ByteStream>, RawError> {
        let value = self.get(key, GetOptions::default()).await?;
        Ok(value.map(|value| stream::iter([Ok(value)]).boxed()))
    }

    /// Writes pairs, each with its value, metadata and expiration replaced; no key is there twice.
    ///
    /// As it is, it writes some at a time. A store that takes many at once does so.
    async fn put_many(&self, pairs: Vec<RawPair>) -> Result<(), RawError> {
        let puts = pairs
            .iter()
            .map(|RawPair { key, value, options }| self.put(key, value.clone(), options.clone()));
        some_at_a_time(puts).await.map(drop)
    }

    /// Writes a pair whose value comes in pieces. One of them that is an error ends it, and is the
    /// answer.
    ///
    /// As it is, it gathers them, and writes nothing when one is an error.
    async fn put_stream(
        &self,
        key: &str,
        mut pieces: ByteStream,
        options: PutOptions,
    ) -> Result<(), RawError> {
        let mut value = Vec::new();
        while let Some(piece) = pieces.try_next().await? {
            value.extend_from_slice(&piece);
        }
        self.put(key, value.into(), options).await
    }

    /// Deletes keys; those that do not exist are not an error.
    ///
    /// As it is, it deletes some at a time.
    async fn delete_many(&self, keys: &[&str]) -> Result<(), RawError> {
        some_at_a_time(keys.iter().map(|key| self.delete(key))).await.map(drop)
    }

    /// Writes a pair in place of what its key had: value, metadata and expiration.
    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError>;

    /// Deletes a key; one that does not exist is not an error.
    async fn delete(&self, key: &str) -> Result<(), RawError>;

    /// A page of the keys that begin with `prefix`, in the order of their bytes.
    async fn list(&self, prefix: &str, options: ListOptions<'_>) -> Result<KeyPage, RawError>;

    /// The time by which its pairs expire. As it is, the system's.
    fn now(&self) -> Time {
        now()
    }
}

/// How many requests are made at once where each pair is one: a Worker may have six open
/// (<https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections>).
const AT_ONCE: usize = 6;

async fn some_at_a_time<T>(
    requests: impl Iterator<Item = BoxFuture<'_, Result<T, RawError>>>,
) -> Result<Vec<T>, RawError> {
    stream::iter(requests.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await
}

/// How a value is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetOptions {
    /// A Worker may answer from a copy that is so many seconds old; other stores have no use for it.
    pub cache_ttl: Option<u64>,
    /// Whether the values are text, so that a Worker can ask for many at once.
    pub is_text: bool,
}

/// What is stored beside a value.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PutOptions {
    /// The metadata as JSON, never `null`.
    pub metadata: Option<Box<RawValue>>,
    /// When the pair expires.
    pub expiry: Option<Expiry>,
}

/// Which keys of a listing a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListOptions<'a> {
    /// The cursor of a former page, which this one follows; `None` begins the listing.
    pub cursor: Option<&'a str>,
    /// How many keys are wanted, at most 1,000. A store may give more or fewer.
    pub limit: usize,
}

impl<'a> ListOptions<'a> {
    /// The page that follows the one with this cursor.
    #[must_use]
    pub fn after(cursor: Option<&'a str>) -> Self {
        Self { cursor, limit: MAX_LIST_KEYS }
    }

    /// With so many keys wanted.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: limit.clamp(1, MAX_LIST_KEYS), ..self }
    }
}

impl Default for ListOptions<'_> {
    fn default() -> Self {
        Self::after(None)
    }
}

/// A pair on its way to a store. `Debug` does not show the value.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawPair {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Bytes,
    /// What is stored beside it.
    pub options: PutOptions,
}

impl RawPair {
    /// A pair with what is stored beside its value.
    #[must_use]
    pub fn new(key: String, value: Bytes, options: PutOptions) -> Self {
        Self { key, value, options }
    }
}

impl fmt::Debug for RawPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawPair")
            .field("key", &self.key)
            .field("bytes", &self.value.len())
            .field("options", &self.options)
            .finish()
    }
}

/// A pair as it is read. `Debug` does not show the value.
#[derive(Clone)]
#[non_exhaustive]
pub struct StoredValue {
    /// The value.
    pub value: Bytes,
    /// The metadata as JSON.
    pub metadata: Option<Box<RawValue>>,
    /// When the pair expires, in seconds since 1970, where the store tells that with a value.
    pub expiration: Option<u64>,
}

impl StoredValue {
    /// A value without metadata that never expires.
    #[must_use]
    pub fn new(value: Bytes) -> Self {
        Self { value, metadata: None, expiration: None }
    }
}

impl fmt::Debug for StoredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredValue")
            .field("bytes", &self.value.len())
            .field("metadata", &self.metadata)
            .field("expiration", &self.expiration)
            .finish()
    }
}

/// What a listing tells of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo<M = serde_json::Value> {
    /// The key.
    pub name: String,
    /// When its pair expires, in seconds since 1970.
    pub expiration: Option<u64>,
    /// Its metadata.
    pub metadata: Option<M>,
}

impl<M> KeyInfo<M> {
    /// A key without metadata that never expires.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), expiration: None, metadata: None }
    }
}

/// A page of a listing.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct KeyPage {
    /// The keys, with their metadata as JSON. There can be none although more pages follow.
    pub keys: Vec<KeyInfo<Box<RawValue>>>,
    /// Where the next page begins; `None` ends the listing.
    pub cursor: Option<String>,
}

impl KeyPage {
    /// A page of these keys.
    #[must_use]
    pub fn new(keys: Vec<KeyInfo<Box<RawValue>>>, cursor: Option<String>) -> Self {
        Self { keys, cursor }
    }
}
