//! Reads: getting the value of one entry or of several.
//!
//! The types of value and metadata are a thin layer: the async code works on bytes and is compiled
//! once, however many types there are.

use std::any::TypeId;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use kv_rules::check_cache_ttl;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::codec::{Decode, DecodeError, decode_metadata};
use super::entry::{BoundKey, Entry, Name};
use super::error::{Error, Part};
use super::request::{Lazy, Request};
use super::seconds::Seconds;
use crate::raw::{ByteStream, GetOptions, SharedStore, StoredValue};

/// The parts of a read.
struct Read {
    bound: BoundKey,
    cache_ttl: Option<u64>,
}

/// Reads a value when it is awaited; created by [`Entry::get`].
///
/// ```
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// let reading: kv_runtime::Get<String> = notes.note("ada", 1).get();
/// assert_eq!(reading.await?, None);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read until it is awaited"]
pub struct Get<T> {
    read: Lazy<Read, Option<(Name, Bytes)>>,
    /// Chosen when the read is created, so that only creating it requires a type that can be decoded.
    decode: Decode<T>,
}

impl<T> Get<T> {
    pub(super) fn new(bound: BoundKey, decode: Decode<T>) -> Self {
        Self { read: Lazy::new(Read { bound, cache_ttl: None }), decode }
    }

    /// Lets a Worker answer from a copy in its data centre that is at most this old; the minimum is
    /// 30 seconds. Other stores read the stored value itself.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let text = notes.note("ada", 1).get().cache_ttl(300).await?;
    /// assert_eq!(text, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cache_ttl(mut self, ttl: impl Into<Seconds>) -> Self {
        self.read.set(|read| read.cache_ttl = Some(ttl.into().get()));
        self
    }
}

impl<T> Future for Get<T> {
    type Output = Result<Option<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let decode = self.decode;
        let got = self.read.poll(cx, |read| read.bound.get(read.cache_ttl).boxed());
        got.map(|got| {
            let typed = |(key, stored): (Name, Bytes)| {
                decode(stored).map_err(|source| decode_error(&key.text, Part::Value, source))
            };
            got?.map(typed).transpose()
        })
    }
}

/// Reads a value and its metadata when it is awaited; created by [`Entry::get_with_metadata`].
///
/// ```
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// let reading: kv_runtime::GetWithMetadata<String, u32> = notes.note("ada", 1).get_with_metadata();
/// assert_eq!(reading.await?, None);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read until it is awaited"]
pub struct GetWithMetadata<T, M> {
    read: Lazy<Read, Option<(Name, StoredValue)>>,
    decode: Decode<T>,
    decode_metadata: fn(&RawValue) -> Result<M, DecodeError>,
}

impl<T, M: DeserializeOwned + 'static> GetWithMetadata<T, M> {
    pub(super) fn new(bound: BoundKey, decode: Decode<T>) -> Self {
        Self { read: Lazy::new(Read { bound, cache_ttl: None }), decode, decode_metadata }
    }
}

impl<T, M> GetWithMetadata<T, M> {
    /// Lets a Worker answer from a copy in its data centre that is at most this old; the minimum is
    /// 30 seconds. Other stores read the stored value itself.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let pair = notes.note("ada", 1).get_with_metadata().cache_ttl(300).await?;
    /// assert_eq!(pair, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cache_ttl(mut self, ttl: impl Into<Seconds>) -> Self {
        self.read.set(|read| read.cache_ttl = Some(ttl.into().get()));
        self
    }
}

impl<T, M> Future for GetWithMetadata<T, M> {
    type Output = Result<Option<(T, Option<M>)>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (decode, decode_metadata) = (self.decode, self.decode_metadata);
        let got = self.read.poll(cx, |read| read.bound.get_with_metadata(read.cache_ttl).boxed());
        got.map(|got| {
            let typed = |(key, stored): (Name, StoredValue)| {
                typed_pair(&key.text, stored, decode, decode_metadata)
            };
            got?.map(typed).transpose()
        })
    }
}

impl<T> fmt::Debug for Get<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").finish_non_exhaustive()
    }
}

impl<T, M> fmt::Debug for GetWithMetadata<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetWithMetadata").finish_non_exhaustive()
    }
}

fn typed_pair<T, M>(
    key: &str,
    stored: StoredValue,
    decode: Decode<T>,
    decode_metadata: fn(&RawValue) -> Result<M, DecodeError>,
) -> Result<(T, Option<M>), Error> {
    let value = decode(stored.value).map_err(|source| decode_error(key, Part::Value, source))?;
    let metadata = stored.metadata.map(|json| decode_metadata(&json)).transpose();
    let metadata = metadata.map_err(|source| decode_error(key, Part::Metadata, source))?;
    Ok((value, metadata))
}

/// A stream of the pieces of a value; created by [`Entry::get_stream`].
///
/// ```
/// use futures_util::TryStreamExt;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// notes.note("ada", 1).put("tea").await?;
/// let pieces: kv_runtime::ValueStream = notes.note("ada", 1).get_stream().await?.unwrap();
/// let pieces: Vec<_> = pieces.try_collect().await?;
/// assert_eq!(pieces.concat(), b"tea");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read until it is polled"]
pub struct ValueStream(BoxStream<'static, Result<Bytes, Error>>);

impl ValueStream {
    pub(super) fn new(pieces: ByteStream) -> Self {
        Self(pieces.map(|piece| Ok(piece?)).boxed())
    }
}

impl Stream for ValueStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl fmt::Debug for ValueStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueStream").finish_non_exhaustive()
    }
}

impl BoundKey {
    async fn get(self, cache_ttl: Option<u64>) -> Result<Option<(Name, Bytes)>, Error> {
        let key = self.key?;
        check_read(&key, cache_ttl)?;
        let got = self.store.get(&key.text, options(cache_ttl)).await?;
        Ok(got.map(|stored| (key, stored)))
    }

    async fn get_with_metadata(
        self,
        cache_ttl: Option<u64>,
    ) -> Result<Option<(Name, StoredValue)>, Error> {
        let key = self.key?;
        check_read(&key, cache_ttl)?;
        let got = self.store.get_with_metadata(&key.text, options(cache_ttl)).await?;
        Ok(got.map(|stored| (key, stored)))
    }
}

fn options(cache_ttl: Option<u64>) -> GetOptions {
    GetOptions { cache_ttl, ..GetOptions::default() }
}

fn check_read(key: &Name, cache_ttl: Option<u64>) -> Result<(), Error> {
    let checked = cache_ttl.map_or(Ok(()), check_cache_ttl);
    checked.map_err(|source| Error::Expiry { key: key.text.clone().into_owned(), source })
}

/// The options for reading many values: bytes are not read as text, which could lose some.
fn many<T: 'static>() -> GetOptions {
    GetOptions { is_text: TypeId::of::<T>() != TypeId::of::<Bytes>(), ..GetOptions::default() }
}

/// The store and the key of an entry, and how to decode its value.
type ToRead<T> = (SharedStore, Name, Decode<T>);

/// Checks the entries and returns what to read.
fn keys<T: DeserializeOwned + 'static, M, A>(
    entries: impl IntoIterator<Item = Entry<T, M, A>>,
) -> Result<Vec<ToRead<T>>, Error> {
    let key = |entry: Entry<T, M, A>| {
        let decode = entry.decode();
        let (store, key) = entry.into_parts();
        Ok((store, key?, decode))
    };
    entries.into_iter().map(key).collect()
}

/// Runs of consecutive entries in the same store, with that store and their keys.
fn runs<T>(keys: &[ToRead<T>]) -> impl Iterator<Item = (&SharedStore, Vec<&str>, &[ToRead<T>])> {
    let runs = keys.chunk_by(|one, other| one.0.is(&other.0));
    runs.filter_map(|run| {
        let (store, ..) = run.first()?;
        Some((store, run.iter().map(|(_, key, _)| key.text.as_ref()).collect(), run))
    })
}

/// Reads the values of many keys, after all keys were checked.
pub(super) fn get_many<T: DeserializeOwned + Send + 'static, M, A>(
    entries: impl IntoIterator<Item = Entry<T, M, A>>,
) -> Request<Vec<Option<T>>> {
    let keys = keys(entries);
    Request::new(async move { read_many(&keys?).await })
}

async fn read_many<T: Send + 'static>(keys: &[ToRead<T>]) -> Result<Vec<Option<T>>, Error> {
    let mut values = Vec::with_capacity(keys.len());
    for (store, texts, run) in runs(keys) {
        let got = store.get_many(&texts, many::<T>()).await?;
        for ((_, key, decode), stored) in run.iter().zip(got) {
            let value = stored.map(decode).transpose();
            values.push(value.map_err(|source| decode_error(&key.text, Part::Value, source))?);
        }
    }
    Ok(values)
}

/// A value with its metadata.
type Pair<T, M> = (T, Option<M>);

/// Reads the values and the metadata of many keys, after all keys were checked.
pub(super) fn get_many_with_metadata<T, M, A>(
    entries: impl IntoIterator<Item = Entry<T, M, A>>,
) -> Request<Vec<Option<Pair<T, M>>>>
where
    T: DeserializeOwned + Send + 'static,
    M: DeserializeOwned + Send + 'static,
{
    let keys = keys(entries);
    Request::new(async move { read_many_with_metadata(&keys?).await })
}

async fn read_many_with_metadata<T, M>(keys: &[ToRead<T>]) -> Result<Vec<Option<Pair<T, M>>>, Error>
where
    T: Send + 'static,
    M: DeserializeOwned + Send + 'static,
{
    let mut pairs = Vec::with_capacity(keys.len());
    for (store, texts, run) in runs(keys) {
        let got = store.get_many_with_metadata(&texts, many::<T>()).await?;
        for ((_, key, decode), stored) in run.iter().zip(got) {
            let typed = |stored| typed_pair(&key.text, stored, *decode, decode_metadata);
            pairs.push(stored.map(typed).transpose()?);
        }
    }
    Ok(pairs)
}

pub(super) fn decode_error(key: &str, part: Part, source: DecodeError) -> Error {
    Error::Decode { key: key.to_owned(), part, source }
}
