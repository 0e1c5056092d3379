//! The trait of all stores, with its options and results.

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
/// Implement it for your own store, and convert that into a [`Store`](crate::Store) with `From`.
/// Everything that reaches it was already checked against the rules of Workers KV.
///
/// ```
/// use async_trait::async_trait;
/// use kv_runtime::raw::{
///     GetOptions, KeyPage, ListOptions, PutOptions, RawError, RawStore, StoredValue,
/// };
/// use kv_runtime::{Bytes, Entry, Store};
///
/// /// A store that is empty and refuses writes.
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
    /// Reads the value of a key, `None` if there is none.
    async fn get(&self, key: &str, options: GetOptions) -> Result<Option<Bytes>, RawError>;

    /// Reads the value of a key with its metadata.
    async fn get_with_metadata(
        &self,
        key: &str,
        options: GetOptions,
    ) -> Result<Option<StoredValue>, RawError>;

    /// Reads the value of a key with its metadata and its expiration, even if that takes more requests.
    ///
    /// The default implementation assumes that [`get_with_metadata`](Self::get_with_metadata) returns the
    /// expiration.
    async fn get_with_expiration(&self, key: &str) -> Result<Option<StoredValue>, RawError> {
        self.get_with_metadata(key, GetOptions::default()).await
    }

    /// Reads the metadata and the expiration of one key, without its value.
    ///
    /// The default implementation lists with the key as the prefix, since the key itself comes first.
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

    /// Reads the values of many keys, in the same order; `None` if there is no value.
    ///
    /// The default implementation reads the keys one by one, some at a time. Override it if the store can
    /// read many keys with one request.
    async fn get_many(
        &self,
        keys: &[&str],
        options: GetOptions,
    ) -> Result<Vec<Option<Bytes>>, RawError> {
        some_at_a_time(keys.iter().map(|key| self.get(key, options))).await
    }

    /// Reads the values of many keys with their metadata, in the same order.
    ///
    /// The default implementation reads the keys one by one, some at a time.
    async fn get_many_with_metadata(
        &self,
        keys: &[&str],
        options: GetOptions,
    ) -> Result<Vec<Option<StoredValue>>, RawError> {
        some_at_a_time(keys.iter().map(|key| self.get_with_metadata(key, options))).await
    }

    /// Reads the value of a key as a stream of pieces.
    ///
    /// The default implementation returns the whole value as one piece.
    async fn get_stream(&self, key: &str) -> Result<Option<ByteStream>, RawError> {
        let value = self.get(key, GetOptions::default()).await?;
        Ok(value.map(|value| stream::iter([Ok(value)]).boxed()))
    }

    /// Writes pairs and replaces the value, metadata and expiration of each. No key appears twice.
    ///
    /// The default implementation writes the pairs one by one, some at a time. Override it if the store
    /// can write many pairs with one request.
    async fn put_many(&self, pairs: Vec<RawPair>) -> Result<(), RawError> {
        let puts = pairs
            .iter()
            .map(|RawPair { key, value, options }| self.put(key, value.clone(), options.clone()));
        some_at_a_time(puts).await.map(drop)
    }

    /// Writes a pair whose value is a stream of pieces. An error in the stream aborts the write and is
    /// returned.
    ///
    /// The default implementation collects the pieces first, and writes nothing if one is an error.
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
    /// The default implementation deletes the keys one by one, some at a time.
    async fn delete_many(&self, keys: &[&str]) -> Result<(), RawError> {
        some_at_a_time(keys.iter().map(|key| self.delete(key))).await.map(drop)
    }

    /// Writes a pair and replaces the value, metadata and expiration of its key.
    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError>;

    /// Deletes a key; one that does not exist is not an error.
    async fn delete(&self, key: &str) -> Result<(), RawError>;

    /// Lists a page of the keys that begin with `prefix`, in byte order.
    async fn list(&self, prefix: &str, options: ListOptions<'_>) -> Result<KeyPage, RawError>;

    /// The time by which the store's pairs expire, by default the system's time.
    fn now(&self) -> Time {
        now()
    }
}

/// How many requests are sent at once if each pair needs its own: a Worker may have six open
/// (<https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections>).
const AT_ONCE: usize = 6;

async fn some_at_a_time<T>(
    requests: impl Iterator<Item = BoxFuture<'_, Result<T, RawError>>>,
) -> Result<Vec<T>, RawError> {
    stream::iter(requests.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await
}

/// Options for reading a value.
///
/// ```
/// use kv_runtime::MemoryStore;
/// use kv_runtime::raw::{GetOptions, RawStore as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut options = GetOptions::default();
/// options.cache_ttl = Some(300); // in a Worker, an answer may be this old
/// assert!(MemoryStore::new().get("motd", options).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetOptions {
    /// How old, in seconds, a copy may be from which a Worker answers; other stores ignore it.
    pub cache_ttl: Option<u64>,
    /// Whether the values are text, so that a Worker can read many with one operation.
    pub is_text: bool,
}

/// Options for writing a value: its metadata and expiration.
///
/// ```
/// use kv_runtime::MemoryStore;
/// use kv_runtime::raw::{PutOptions, RawStore as _};
/// use kv_runtime::rules::Expiry;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut options = PutOptions::default();
/// options.expiry = Some(Expiry::Ttl(3600));
/// MemoryStore::new().put("motd", "Hello".into(), options).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PutOptions {
    /// The metadata as JSON, never `null`.
    pub metadata: Option<Box<RawValue>>,
    /// When the pair expires.
    pub expiry: Option<Expiry>,
}

/// Options for listing a page of keys.
///
/// ```
/// use kv_runtime::MemoryStore;
/// use kv_runtime::raw::{ListOptions, RawStore as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let page = MemoryStore::new().list("note:", ListOptions::after(None).limit(100)).await?;
/// assert!(page.keys.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListOptions<'a> {
    /// The cursor of the previous page; `None` begins the listing.
    pub cursor: Option<&'a str>,
    /// The requested number of keys, at most 1,000. A store may return more or fewer.
    pub limit: usize,
}

impl<'a> ListOptions<'a> {
    /// Options for the page after the one with this cursor.
    #[must_use]
    pub fn after(cursor: Option<&'a str>) -> Self {
        Self { cursor, limit: MAX_LIST_KEYS }
    }

    /// Sets the requested number of keys.
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
///
/// ```
/// use kv_runtime::MemoryStore;
/// use kv_runtime::raw::{PutOptions, RawPair, RawStore as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pair = RawPair::new("motd".to_owned(), "Hello".into(), PutOptions::default());
/// MemoryStore::new().put_many(vec![pair]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct RawPair {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Bytes,
    /// The metadata and the expiration.
    pub options: PutOptions,
}

impl RawPair {
    /// Creates a pair with its metadata and expiration.
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
///
/// ```
/// use kv_runtime::raw::StoredValue;
///
/// let stored = StoredValue::new("Hello".into());
/// assert!(stored.metadata.is_none() && stored.expiration.is_none());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct StoredValue {
    /// The value.
    pub value: Bytes,
    /// The metadata as JSON.
    pub metadata: Option<Box<RawValue>>,
    /// When the pair expires, in seconds since 1970, if the store returns that with a value.
    pub expiration: Option<u64>,
}

impl StoredValue {
    /// Creates a value without metadata that never expires.
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

/// A listed key with its metadata and expiration.
///
/// ```
/// use kv_runtime::KeyInfo;
///
/// let key = KeyInfo::<u32>::new("note:1");
/// assert_eq!((key.name.as_str(), key.metadata), ("note:1", None));
/// ```
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
    /// Creates a key without metadata that never expires.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), expiration: None, metadata: None }
    }
}

/// A page of a listing.
///
/// ```
/// use kv_runtime::KeyInfo;
/// use kv_runtime::raw::KeyPage;
///
/// let last = KeyPage::new(vec![KeyInfo::new("note:1")], None);
/// assert!(last.cursor.is_none(), "there are no more keys");
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct KeyPage {
    /// The keys, with their metadata as JSON. A page can be empty even if more pages follow.
    pub keys: Vec<KeyInfo<Box<RawValue>>>,
    /// Where the next page begins; `None` ends the listing.
    pub cursor: Option<String>,
}

impl KeyPage {
    /// Creates a page of these keys.
    #[must_use]
    pub fn new(keys: Vec<KeyInfo<Box<RawValue>>>, cursor: Option<String>) -> Self {
        Self { keys, cursor }
    }
}
