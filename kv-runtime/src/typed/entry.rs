//! Entries: a key bound to a store, and what can be done with it.
//!
//! The types of value and metadata are a thin layer: everything that waits is compiled once, for
//! bytes, whatever the number of types.

use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{Stream, StreamExt};
use kv_rules::{
    Expiry, ExpiryError, MAX_VALUE_BYTES, MIN_TTL, Time, check_cache_ttl, check_metadata,
    check_value,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::codec::{
    Decode, DecodeError, EncodeError, decode, decode_metadata, encode, encode_metadata,
};
use super::error::{Error, Part};
use super::family::FamilyError;
use super::list::typed_info;
use super::put_as::PutAs;
use super::request::{Lazy, Request};
use super::seconds::Seconds;
use crate::raw::{GetOptions, KeyInfo, PutOptions, RawError, RawPair, SharedStore, StoredValue};

/// A key in a store, with the types of its value `T` and its metadata `M`.
///
/// Nothing is sent until one of its requests is awaited. An entry of a family whose parameters make
/// no key gives the reason then, or at once by [`key`](Entry::key).
///
/// ```
/// use kv_runtime::{Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(MemoryStore::new());
/// let day = "2030-01-31";
/// let visits = Entry::<u64>::new(&store, format!("visits:{day}"))?;
/// visits.put(&1).expiration_ttl(86_400).await?;
/// assert_eq!(visits.get().await?, Some(1));
///
/// // A request is a future that borrows nothing, so that it can go to another task.
/// let reading = tokio::spawn(visits.get());
/// assert_eq!(reading.await??, Some(1));
///
/// visits.update(|visits| *visits += 1).await?;
/// assert_eq!(visits.get().await?, Some(2));
/// # Ok(())
/// # }
/// ```
#[must_use = "an entry does nothing until it is asked to get, put or delete"]
pub struct Entry<T, M = serde_json::Value> {
    bound: BoundKey,
    /// How a value is read that can be of older types; `None`: as the type says.
    generations: Option<Decode<T>>,
    types: PhantomData<fn() -> (T, M)>,
}

/// A key and how long its pairs live when their puts say nothing of it.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: Cow<'static, str>,
    pub(crate) expiration_ttl: Option<u64>,
}

/// A key and the store that it is a key of.
#[derive(Clone)]
struct BoundKey {
    store: SharedStore,
    key: Result<Name, FamilyError>,
}

impl<T, M> Entry<T, M> {
    pub(crate) fn named(store: &SharedStore, key: Result<Name, FamilyError>) -> Self {
        let bound = BoundKey { store: store.clone(), key };
        Self { bound, generations: None, types: PhantomData }
    }

    /// Sets how long the pair lives when its put names no expiry of its own.
    pub fn expiration_ttl(mut self, ttl: impl Into<Seconds>) -> Self {
        if let Ok(name) = &mut self.bound.key {
            name.expiration_ttl = Some(ttl.into().get());
        }
        self
    }

    /// Sets how a value is read that can be of older types.
    #[doc(hidden)]
    pub fn generations(mut self, decode: Option<Decode<T>>) -> Self {
        self.generations = decode;
        self
    }

    /// The key, or why the parameters of a family make none.
    pub fn key(&self) -> Result<&str, &FamilyError> {
        self.bound.key.as_ref().map(|key| key.text.as_ref())
    }

    pub(crate) fn into_parts(self) -> (SharedStore, Result<Name, FamilyError>) {
        (self.bound.store, self.bound.key)
    }

    /// The typed reading of stored bytes.
    fn decode(&self) -> Decode<T>
    where
        T: DeserializeOwned + 'static,
    {
        self.generations.unwrap_or(decode)
    }

    /// Reads the value: `None` when there is none.
    pub fn get(&self) -> Get<T>
    where
        T: DeserializeOwned + 'static,
    {
        let read = Read { bound: self.bound.clone(), cache_ttl: None };
        Get { read: Lazy::new(read), decode: self.decode() }
    }

    /// Reads the value and the metadata: `None` when there is no value.
    pub fn get_with_metadata(&self) -> GetWithMetadata<T, M>
    where
        T: DeserializeOwned + 'static,
        M: DeserializeOwned + 'static,
    {
        let read = Read { bound: self.bound.clone(), cache_ttl: None };
        GetWithMetadata { read: Lazy::new(read), decode: self.decode(), decode_metadata }
    }

    /// Reads the value in pieces, as they come: `None` when there is none. It is the value as it is
    /// stored, whatever its type.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// use kv_runtime::{Bytes, Entry, MemoryStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::from(MemoryStore::new());
    /// let logo = Entry::<Bytes>::new(&store, "logo.png")?;
    /// logo.put(b"\x89PNG").await?;
    ///
    /// let mut pieces = logo.get_stream().await?.expect("it was put");
    /// while let Some(piece) = pieces.try_next().await? {
    ///     assert_eq!(piece, &b"\x89PNG"[..]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_stream(&self) -> Request<Option<ValueStream>> {
        let bound = self.bound.clone();
        Request::new(async move {
            let key = bound.key?;
            let pieces = bound.store.get_stream(&key.text).await?;
            Ok(pieces.map(|pieces| ValueStream(pieces.map(|piece| Ok(piece?)).boxed())))
        })
    }

    /// Whether there is a pair. In a Worker this is a list operation, elsewhere a listing of one key.
    pub fn exists(&self) -> Request<bool> {
        let bound = self.bound.clone();
        Request::new(async move {
            let key = bound.key?;
            Ok(bound.store.info(&key.text).await?.is_some())
        })
    }

    /// The metadata and the expiration, without the value: `None` when there is no pair. In a Worker
    /// this is a list operation, elsewhere a listing of one key.
    pub fn info(&self) -> Request<Option<KeyInfo<M>>>
    where
        M: DeserializeOwned + 'static,
    {
        let bound = self.bound.clone();
        Request::new(async move {
            let key = bound.key?;
            bound.store.info(&key.text).await?.map(typed_info).transpose()
        })
    }

    /// Writes the value in place of what the key had. Metadata and expiry are replaced too, by none
    /// if the put names none and the key's declaration has no `expirationTtl`.
    ///
    /// It takes a `T`, or what that borrows as: see [`PutAs`].
    pub fn put<Q: PutAs<T> + ?Sized>(&self, value: &Q) -> Put<M> {
        self.put_stored(value.stored())
    }

    /// Writes the value that some pieces make together, at most 25 MiB. What they are is stored as it
    /// is. An error among them ends the put, and nothing is written. As a put without options it
    /// leaves no metadata, and the expiry that the key's declaration says.
    pub fn put_stream<E>(
        &self,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Request<()>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let bound = self.bound.clone();
        Request::new(async move {
            let mut value = Vec::new();
            let mut pieces = std::pin::pin!(pieces);
            while let Some(piece) = pieces.next().await {
                value.extend_from_slice(&piece.map_err(RawError::other)?);
                if value.len() > MAX_VALUE_BYTES {
                    break;
                }
            }
            bound.put(Ok(value.into()), Ok(None), Ends::AsDeclared).await
        })
    }

    /// Changes the value and gives the new one; `None`, without a call of `change`, when there is
    /// none. Metadata and expiration stay; a pair that has less than a minute left gets one, since
    /// Workers KV takes no less.
    ///
    /// It reads, then writes: of two updates at once one is lost, and a change that is not seen here
    /// yet is overwritten.
    pub fn update(&self, change: impl FnOnce(&mut T) + Send + 'static) -> Request<Option<T>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let (bound, decode) = (self.bound.clone(), self.decode());
        Request::new(async move {
            let key = bound.key.clone()?;
            let Some(stored) = bound.store.get_with_expiration(&key.text).await? else {
                return Ok(None);
            };
            let StoredValue { value, metadata, expiration } = stored;
            let mut value =
                decode(value).map_err(|source| decode_error(&key.text, Part::Value, source))?;
            change(&mut value);
            let earliest = bound.store.now().unix() + MIN_TTL + MARGIN;
            let ends = expiration.map_or(Ends::Never, |time| Ends::At(time.max(earliest)));
            bound.put(encode(&value), Ok(metadata), ends).await?;
            Ok(Some(value))
        })
    }

    /// Reads the value; when there is none, puts the one that `make` gives, and gives that.
    pub fn get_or_put_with(&self, make: impl FnOnce() -> T + Send + 'static) -> Request<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let (get, bound) = (self.get(), self.bound.clone());
        Request::new(async move {
            if let Some(value) = get.await? {
                return Ok(value);
            }
            let value = make();
            bound.put(encode(&value), Ok(None), Ends::AsDeclared).await?;
            Ok(value)
        })
    }

    fn put_stored(&self, value: Result<Bytes, EncodeError>) -> Put<M> {
        let bound = self.bound.clone();
        let write = Write { bound, value, metadata: Ok(None), ends: Ends::AsDeclared };
        Put { write: Lazy::new(write), types: PhantomData }
    }

    /// Deletes the pair. It is not an error when there is none.
    pub fn delete(&self) -> Delete {
        let bound = self.bound.clone();
        Delete(Request::new(async move {
            let key = bound.key?;
            Ok(bound.store.delete(&key.text).await?)
        }))
    }
}

/// How many seconds a request may take until Workers KV looks at the expiration that it carries.
const MARGIN: u64 = 5;

// Derived, it would ask the same of `T` and `M`, of which an entry holds none.
impl<T, M> Clone for Entry<T, M> {
    fn clone(&self) -> Self {
        Self { bound: self.bound.clone(), generations: self.generations, types: PhantomData }
    }
}

/// The pieces of a value, as they come; [`Entry::get_stream`] makes it.
#[must_use = "nothing is read until it is polled"]
pub struct ValueStream(futures_util::stream::BoxStream<'static, Result<Bytes, Error>>);

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

impl<T, M> fmt::Debug for Entry<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.key()).finish()
    }
}

/// What a read is made of.
struct Read {
    bound: BoundKey,
    cache_ttl: Option<u64>,
}

/// Reads a value when it is awaited; [`Entry::get`] makes it.
#[must_use = "nothing is read until it is awaited"]
pub struct Get<T> {
    read: Lazy<Read, Option<(Name, Bytes)>>,
    /// Had when it is made, so that a type that cannot be read is an error there alone.
    decode: Decode<T>,
}

impl<T> Get<T> {
    /// Lets a Worker answer from a copy in its data centre that is at most so old, at least 30
    /// seconds. Other stores read the value itself.
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

/// Reads a value and its metadata when it is awaited; [`Entry::get_with_metadata`] makes it.
#[must_use = "nothing is read until it is awaited"]
pub struct GetWithMetadata<T, M> {
    read: Lazy<Read, Option<(Name, StoredValue)>>,
    decode: Decode<T>,
    decode_metadata: fn(&RawValue) -> Result<M, DecodeError>,
}

impl<T, M> GetWithMetadata<T, M> {
    /// Lets a Worker answer from a copy in its data centre that is at most so old, at least 30
    /// seconds. Other stores read the value itself.
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

/// What a write is made of.
struct Write {
    bound: BoundKey,
    value: Result<Bytes, EncodeError>,
    metadata: Result<Option<Box<RawValue>>, EncodeError>,
    ends: Ends,
}

/// Writes a value when it is awaited; [`Entry::put`] makes it.
///
/// The pair lives as long as the last of [`expiration_ttl`](Put::expiration_ttl),
/// [`expiration`](Put::expiration) and [`never_expires`](Put::never_expires) says; without any, as
/// long as the key's declaration says.
///
/// ```
/// use std::time::Duration;
///
/// use kv_runtime::{Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(MemoryStore::new());
/// let motd = Entry::<String>::new(&store, "motd")?;
/// motd.put("Hello").expiration_ttl(3600).await?;
/// motd.put("Hello").expiration_ttl(Duration::from_hours(1)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is awaited"]
pub struct Put<M> {
    write: Lazy<Write, ()>,
    types: PhantomData<fn() -> M>,
}

/// When a pair is to expire, unchecked.
enum Ends {
    AsDeclared,
    Never,
    After(u64),
    At(u64),
}

impl<M> Put<M> {
    /// Ends the pair so long after this write, at least 60 seconds.
    pub fn expiration_ttl(mut self, ttl: impl Into<Seconds>) -> Self {
        self.write.set(|write| write.ends = Ends::After(ttl.into().get()));
        self
    }

    /// Ends the pair at a point in time, in seconds since 1970, at least 60 s ahead.
    pub fn expiration(mut self, seconds_since_1970: u64) -> Self {
        self.write.set(|write| write.ends = Ends::At(seconds_since_1970));
        self
    }

    /// Keeps the pair until it is deleted, whatever the key's declaration says.
    pub fn never_expires(mut self) -> Self {
        self.write.set(|write| write.ends = Ends::Never);
        self
    }

    /// The store and the pair, after it was checked.
    pub(super) fn into_pair(self) -> Result<(SharedStore, RawPair), Error> {
        let Some(Write { bound, value, metadata, ends }) = self.write.into_parts() else {
            let sent = "a put that was polled was sent alone: it cannot be sent with others";
            return Err(Error::Store(sent.into()));
        };
        let pair = checked(bound.key?, value, metadata, &ends, bound.store.now())?;
        Ok((bound.store, pair))
    }
}

impl<M: Serialize> Put<M> {
    /// Keeps metadata beside the value, at most 1,024 bytes as compact JSON. What is `None`, or
    /// `null` in JSON, is no metadata.
    pub fn metadata<'m>(mut self, metadata: impl Into<Option<&'m M>>) -> Self
    where
        M: 'm,
    {
        let metadata = metadata.into().map_or(Ok(None), encode_metadata);
        self.write.set(|write| write.metadata = metadata);
        self
    }
}

impl<M> Future for Put<M> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.write.poll(cx, |Write { bound, value, metadata, ends }| {
            bound.put(value, metadata, ends).boxed()
        })
    }
}

/// Deletes a pair when it is awaited; [`Entry::delete`] makes it.
#[must_use = "nothing is deleted until it is awaited"]
pub struct Delete(Request<()>);

impl Future for Delete {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(cx)
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

    async fn put(
        self,
        value: Result<Bytes, EncodeError>,
        metadata: Result<Option<Box<RawValue>>, EncodeError>,
        ends: Ends,
    ) -> Result<(), Error> {
        let pair = checked(self.key?, value, metadata, &ends, self.store.now())?;
        let RawPair { key, value, options } = pair;
        Ok(self.store.put(&key, value, options).await?)
    }
}

/// A pair that obeys every rule.
fn checked(
    name: Name,
    value: Result<Bytes, EncodeError>,
    metadata: Result<Option<Box<RawValue>>, EncodeError>,
    ends: &Ends,
    now: Time,
) -> Result<RawPair, Error> {
    let key = || name.text.clone().into_owned();
    let encode_error = |part| move |source| Error::Encode { key: key(), part, source };
    let value = value.map_err(encode_error(Part::Value))?;
    let metadata = metadata.map_err(encode_error(Part::Metadata))?;
    check_value(value.len()).map_err(|source| Error::ValueTooLarge { key: key(), source })?;
    check_metadata(metadata.as_ref().map_or(0, |json| json.get().len()))
        .map_err(|source| Error::MetadataTooLarge { key: key(), source })?;
    let expiry = ends.expiry(&name, now).map_err(|source| Error::Expiry { key: key(), source })?;
    let mut options = PutOptions::default();
    (options.metadata, options.expiry) = (metadata, expiry);
    Ok(RawPair::new(name.text.into_owned(), value, options))
}

fn options(cache_ttl: Option<u64>) -> GetOptions {
    GetOptions { cache_ttl, ..GetOptions::default() }
}

/// How many values of a type are read at once: bytes can be lost where text is expected.
fn many<T: 'static>() -> GetOptions {
    GetOptions { is_text: TypeId::of::<T>() != TypeId::of::<Bytes>(), ..GetOptions::default() }
}

/// The stores and keys of entries, all checked, and how each is read.
fn keys<T: DeserializeOwned + 'static, M>(
    entries: impl IntoIterator<Item = Entry<T, M>>,
) -> Result<Vec<(SharedStore, Name, Decode<T>)>, Error> {
    let key = |entry: Entry<T, M>| {
        let decode = entry.decode();
        let BoundKey { store, key } = entry.bound;
        Ok((store, key?, decode))
    };
    entries.into_iter().map(key).collect()
}

/// Runs of entries of one store: each entry is asked for where it is.
fn runs<T>(
    keys: &[(SharedStore, Name, Decode<T>)],
) -> impl Iterator<Item = &[(SharedStore, Name, Decode<T>)]> {
    keys.chunk_by(|one, other| one.0.is(&other.0))
}

/// Reads the values of many keys, after all keys were checked.
pub(crate) async fn get_many<T: DeserializeOwned + 'static, M>(
    entries: impl IntoIterator<Item = Entry<T, M>>,
) -> Result<Vec<Option<T>>, Error> {
    let keys = keys(entries)?;
    let mut values = Vec::with_capacity(keys.len());
    for run in runs(&keys) {
        let Some((store, ..)) = run.first() else { continue };
        let texts: Vec<&str> = run.iter().map(|(_, key, _)| key.text.as_ref()).collect();
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

/// The same with the metadata of each.
pub(crate) async fn get_many_with_metadata<T, M>(
    entries: impl IntoIterator<Item = Entry<T, M>>,
) -> Result<Vec<Option<Pair<T, M>>>, Error>
where
    T: DeserializeOwned + 'static,
    M: DeserializeOwned + 'static,
{
    let keys = keys(entries)?;
    let mut pairs = Vec::with_capacity(keys.len());
    for run in runs(&keys) {
        let Some((store, ..)) = run.first() else { continue };
        let texts: Vec<&str> = run.iter().map(|(_, key, _)| key.text.as_ref()).collect();
        let got = store.get_many_with_metadata(&texts, many::<T>()).await?;
        for ((_, key, decode), stored) in run.iter().zip(got) {
            let typed = |stored| typed_pair(&key.text, stored, *decode, decode_metadata);
            pairs.push(stored.map(typed).transpose()?);
        }
    }
    Ok(pairs)
}

impl Ends {
    fn expiry(&self, key: &Name, now: Time) -> Result<Option<Expiry>, ExpiryError> {
        let expiry = match (self, key.expiration_ttl) {
            (&Self::After(seconds), _) | (Self::AsDeclared, Some(seconds)) => Expiry::Ttl(seconds),
            (&Self::At(seconds), _) => Expiry::At(seconds),
            (Self::Never, _) | (Self::AsDeclared, None) => return Ok(None),
        };
        expiry.expiration(now).map(|_| Some(expiry))
    }
}

fn check_read(key: &Name, cache_ttl: Option<u64>) -> Result<(), Error> {
    let checked = cache_ttl.map_or(Ok(()), check_cache_ttl);
    checked.map_err(|source| Error::Expiry { key: key.text.clone().into_owned(), source })
}

fn decode_error(key: &str, part: Part, source: DecodeError) -> Error {
    Error::Decode { key: key.to_owned(), part, source }
}
