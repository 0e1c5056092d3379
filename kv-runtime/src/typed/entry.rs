//! Entries: a key bound to a store, and what can be done with it.
//!
//! The types of value and metadata are a thin layer: everything that waits is compiled once, for
//! bytes, whatever the number of types.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kv_rules::{Expiry, ExpiryError, check_cache_ttl, check_metadata, check_value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::codec::{DecodeError, EncodeError, decode, decode_metadata, encode, encode_metadata};
use super::error::{Error, Part};
use super::family::FamilyError;
use crate::raw::{GetOptions, PutOptions, RawStore, StoredValue, now};

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
/// // An entry and its requests borrow nothing, so that they can go to another task.
/// let reading = tokio::spawn(visits.get().into_future());
/// assert_eq!(reading.await??, Some(1));
/// # Ok(())
/// # }
/// ```
#[must_use = "an entry does nothing until it is asked to get, put or delete"]
pub struct Entry<T, M = serde_json::Value> {
    bound: BoundKey,
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
    store: Arc<dyn RawStore>,
    key: Result<Name, FamilyError>,
}

impl<T, M> Entry<T, M> {
    pub(crate) fn named(store: &Arc<dyn RawStore>, key: Result<Name, FamilyError>) -> Self {
        Self { bound: BoundKey { store: Arc::clone(store), key }, types: PhantomData }
    }

    /// Sets how many seconds the pair lives when its put names no expiry of its own.
    pub fn expiration_ttl(mut self, seconds: u64) -> Self {
        if let Ok(name) = &mut self.bound.key {
            name.expiration_ttl = Some(seconds);
        }
        self
    }

    /// The key, or why the parameters of a family make none.
    pub fn key(&self) -> Result<&str, &FamilyError> {
        self.bound.key.as_ref().map(|key| key.text.as_ref())
    }

    pub(crate) fn into_name(self) -> Result<Name, FamilyError> {
        self.bound.key
    }

    /// Reads the value: `None` when there is none.
    pub fn get(&self) -> Get<T>
    where
        T: DeserializeOwned + 'static,
    {
        Get { bound: self.bound.clone(), cache_ttl: None, decode }
    }

    /// Reads the value and the metadata: `None` when there is no value.
    pub fn get_with_metadata(&self) -> GetWithMetadata<T, M>
    where
        T: DeserializeOwned + 'static,
        M: DeserializeOwned + 'static,
    {
        let bound = self.bound.clone();
        GetWithMetadata { bound, cache_ttl: None, decode, decode_metadata }
    }

    /// Writes the value in place of what the key had. Metadata and expiry are replaced too, by none
    /// if the put names none and the key's declaration has no `expirationTtl`.
    pub fn put(&self, value: &T) -> Put<M>
    where
        T: Serialize + 'static,
    {
        Put {
            bound: self.bound.clone(),
            value: encode(value),
            metadata: Ok(None),
            ends: Ends::AsDeclared,
            types: PhantomData,
        }
    }

    /// Deletes the pair. It is no error when there is none.
    pub fn delete(&self) -> Delete {
        Delete { bound: self.bound.clone() }
    }
}

impl<T, M> fmt::Debug for Entry<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.key()).finish()
    }
}

/// Reads a value when it is awaited; [`Entry::get`] makes it.
#[must_use = "nothing is read until it is awaited"]
pub struct Get<T> {
    bound: BoundKey,
    cache_ttl: Option<u64>,
    /// Had when it is made, so that a type that cannot be read is an error there alone.
    decode: fn(Bytes) -> Result<T, DecodeError>,
}

impl<T> Get<T> {
    /// Lets a Worker answer from a copy in its data centre that is at most so many seconds old, at
    /// least 30. Other stores read the value itself.
    pub fn cache_ttl(mut self, seconds: u64) -> Self {
        self.cache_ttl = Some(seconds);
        self
    }
}

impl<T: 'static> IntoFuture for Get<T> {
    type Output = Result<Option<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let decode = self.decode;
        let typed = move |got: Option<(Name, Bytes)>| {
            got.map(|(key, stored)| {
                decode(stored).map_err(|source| decode_error(&key.text, Part::Value, source))
            })
            .transpose()
        };
        self.bound.get(self.cache_ttl).map(move |got| typed(got?)).boxed()
    }
}

/// Reads a value and its metadata when it is awaited; [`Entry::get_with_metadata`] makes it.
#[must_use = "nothing is read until it is awaited"]
pub struct GetWithMetadata<T, M> {
    bound: BoundKey,
    cache_ttl: Option<u64>,
    decode: fn(Bytes) -> Result<T, DecodeError>,
    decode_metadata: fn(&RawValue) -> Result<M, DecodeError>,
}

impl<T, M> GetWithMetadata<T, M> {
    /// Lets a Worker answer from a copy in its data centre that is at most so many seconds old, at
    /// least 30. Other stores read the value itself.
    pub fn cache_ttl(mut self, seconds: u64) -> Self {
        self.cache_ttl = Some(seconds);
        self
    }
}

impl<T: 'static, M: 'static> IntoFuture for GetWithMetadata<T, M> {
    type Output = Result<Option<(T, Option<M>)>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { decode, decode_metadata, .. } = self;
        let typed = move |got: Option<(Name, StoredValue)>| {
            got.map(|(key, stored)| {
                let value = decode(stored.value)
                    .map_err(|source| decode_error(&key.text, Part::Value, source))?;
                let metadata = stored
                    .metadata
                    .map(|json| decode_metadata(&json))
                    .transpose()
                    .map_err(|source| decode_error(&key.text, Part::Metadata, source))?;
                Ok((value, metadata))
            })
            .transpose()
        };
        self.bound.get_with_metadata(self.cache_ttl).map(move |got| typed(got?)).boxed()
    }
}

/// Writes a value when it is awaited; [`Entry::put`] makes it.
///
/// The pair lives as long as the last of [`expiration_ttl`](Put::expiration_ttl),
/// [`expiration`](Put::expiration) and [`never_expires`](Put::never_expires) says; without any, as
/// long as the key's declaration says.
#[must_use = "nothing is written until it is awaited"]
pub struct Put<M> {
    bound: BoundKey,
    value: Result<Bytes, EncodeError>,
    metadata: Result<Option<Box<RawValue>>, EncodeError>,
    ends: Ends,
    types: PhantomData<fn() -> M>,
}

/// When a pair is to cease to exist, unchecked.
enum Ends {
    AsDeclared,
    Never,
    After(u64),
    At(u64),
}

impl<M> Put<M> {
    /// Ends the pair so many seconds after this write, at least 60.
    pub fn expiration_ttl(mut self, seconds: u64) -> Self {
        self.ends = Ends::After(seconds);
        self
    }

    /// Ends the pair at a point in time, in seconds since 1970, at least 60 s ahead.
    pub fn expiration(mut self, seconds_since_1970: u64) -> Self {
        self.ends = Ends::At(seconds_since_1970);
        self
    }

    /// Keeps the pair until it is deleted, whatever the key's declaration says.
    pub fn never_expires(mut self) -> Self {
        self.ends = Ends::Never;
        self
    }
}

impl<M: Serialize> Put<M> {
    /// Keeps metadata beside the value, at most 1,024 bytes as compact JSON. What is `null` in JSON
    /// is no metadata.
    pub fn metadata(mut self, metadata: &M) -> Self {
        self.metadata = encode_metadata(metadata);
        self
    }
}

impl<M> IntoFuture for Put<M> {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.bound.put(self.value, self.metadata, self.ends).boxed()
    }
}

/// Deletes a pair when it is awaited; [`Entry::delete`] makes it.
#[must_use = "nothing is deleted until it is awaited"]
pub struct Delete {
    bound: BoundKey,
}

impl IntoFuture for Delete {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let key = self.bound.key?;
            Ok(self.bound.store.delete(&key.text).await?)
        }
        .boxed()
    }
}

impl BoundKey {
    async fn get(self, cache_ttl: Option<u64>) -> Result<Option<(Name, Bytes)>, Error> {
        let key = self.key?;
        check_read(&key, cache_ttl)?;
        let got = self.store.get(&key.text, GetOptions { cache_ttl }).await?;
        Ok(got.map(|stored| (key, stored)))
    }

    async fn get_with_metadata(
        self,
        cache_ttl: Option<u64>,
    ) -> Result<Option<(Name, StoredValue)>, Error> {
        let key = self.key?;
        check_read(&key, cache_ttl)?;
        let got = self.store.get_with_metadata(&key.text, GetOptions { cache_ttl }).await?;
        Ok(got.map(|stored| (key, stored)))
    }

    async fn put(
        self,
        value: Result<Bytes, EncodeError>,
        metadata: Result<Option<Box<RawValue>>, EncodeError>,
        ends: Ends,
    ) -> Result<(), Error> {
        let name = self.key?;
        let key = || name.text.clone().into_owned();
        let encode_error = |part| move |source| Error::Encode { key: key(), part, source };
        let value = value.map_err(encode_error(Part::Value))?;
        let metadata = metadata.map_err(encode_error(Part::Metadata))?;
        check_value(value.len()).map_err(|source| Error::ValueTooLarge { key: key(), source })?;
        check_metadata(metadata.as_ref().map_or(0, |json| json.get().len()))
            .map_err(|source| Error::MetadataTooLarge { key: key(), source })?;
        let expiry = ends.expiry(&name).map_err(|source| Error::Expiry { key: key(), source })?;
        let mut options = PutOptions::default();
        (options.metadata, options.expiry) = (metadata, expiry);
        Ok(self.store.put(&name.text, value, options).await?)
    }
}

/// Reads the values of many keys, after all keys were checked.
pub(crate) async fn get_many<T: DeserializeOwned + 'static>(
    store: &dyn RawStore,
    keys: Vec<Result<Name, FamilyError>>,
) -> Result<Vec<Option<T>>, Error> {
    let keys = keys.into_iter().collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<&str> = keys.iter().map(|key| key.text.as_ref()).collect();
    let got = store.get_many(&texts).await?;
    let typed = |(key, stored): (&str, Option<Bytes>)| {
        let value = stored.map(decode).transpose();
        value.map_err(|source| decode_error(key, Part::Value, source))
    };
    texts.into_iter().zip(got).map(typed).collect()
}

impl Ends {
    fn expiry(&self, key: &Name) -> Result<Option<Expiry>, ExpiryError> {
        let expiry = match (self, key.expiration_ttl) {
            (&Self::After(seconds), _) | (Self::AsDeclared, Some(seconds)) => Expiry::Ttl(seconds),
            (&Self::At(seconds), _) => Expiry::At(seconds),
            (Self::Never, _) | (Self::AsDeclared, None) => return Ok(None),
        };
        expiry.expiration(now()).map(|_| Some(expiry))
    }
}

fn check_read(key: &Name, cache_ttl: Option<u64>) -> Result<(), Error> {
    let checked = cache_ttl.map_or(Ok(()), check_cache_ttl);
    checked.map_err(|source| Error::Expiry { key: key.text.clone().into_owned(), source })
}

fn decode_error(key: &str, part: Part, source: DecodeError) -> Error {
    Error::Decode { key: key.to_owned(), part, source }
}
