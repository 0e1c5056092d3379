//! Writes: putting a value at a key, whole or in pieces.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use kv_rules::{Expiry, ExpiryError, Time, ValueError, check_metadata, check_value};
use serde_json::value::RawValue;

use super::codec::EncodeError;
use super::entry::{BoundKey, Name};
use super::error::{Error, Part};
use super::put_as::MetadataAs;
use super::request::Lazy;
use super::seconds::Seconds;
use crate::raw::{ByteStream, PutOptions, RawError, RawPair, SharedStore};

/// The parts of a write.
struct Write<V> {
    bound: BoundKey,
    value: V,
    metadata: Metadata,
    ends: Ends,
}

type Metadata = Result<Option<Box<RawValue>>, EncodeError>;

/// The value of a [`Put`], as a whole.
///
/// ```
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// let put: kv_runtime::Put<u32, kv_runtime::Whole> = notes.note("ada", 1).put("tea");
/// put.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Whole(Result<Bytes, EncodeError>);

/// The value of a [`Put`], as a stream of pieces.
///
/// ```
/// use futures_util::stream;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// let pieces = stream::iter([Ok::<_, std::io::Error>("tea")]);
/// let put: kv_runtime::Put<u32, kv_runtime::Pieces> = notes.note("ada", 1).put_stream(pieces);
/// put.await?;
/// # Ok(())
/// # }
/// ```
pub struct Pieces(ByteStream);

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces").finish_non_exhaustive()
    }
}

/// Writes a value when it is awaited; created by [`Entry::put`](crate::Entry::put) and
/// [`Entry::put_stream`](crate::Entry::put_stream).
///
/// The last call of [`expiration_ttl`](Put::expiration_ttl), [`expiration`](Put::expiration) or
/// [`never_expires`](Put::never_expires) decides when the pair expires; without such a call, the key's
/// declaration does. Set options before the first poll: later ones have no effect. If you drop a put
/// before it completes, the value may or may not have been written.
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
pub struct Put<M, V = Whole> {
    write: Lazy<Write<V>, ()>,
    types: PhantomData<fn() -> M>,
}

impl<M, V> fmt::Debug for Put<M, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put").finish_non_exhaustive()
    }
}

/// When a pair should expire, not checked yet.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    AsDeclared,
    Never,
    After(u64),
    At(u64),
}

impl<M, V> Put<M, V> {
    fn new(bound: BoundKey, value: V) -> Self {
        let write = Write { bound, value, metadata: Ok(None), ends: Ends::AsDeclared };
        Self { write: Lazy::new(write), types: PhantomData }
    }

    /// Lets the pair expire this long after the write, at least 60 seconds.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// notes.note("ada", 1).put("tea").expiration_ttl(Duration::from_secs(3600)).await?;
    /// notes.note("ada", 2).put("milk").expiration_ttl(3600).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn expiration_ttl(mut self, ttl: impl Into<Seconds>) -> Self {
        self.write.set(|write| write.ends = Ends::After(ttl.into().get()));
        self
    }

    /// Lets the pair expire at a point in time, in seconds since 1970, at least 60 seconds from now.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let new_year = 2_051_222_400; // 2035-01-01
    /// notes.note("ada", 1).put("tea").expiration(new_year).await?;
    /// assert_eq!(notes.note("ada", 1).info().await?.unwrap().expiration, Some(new_year));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expiration(mut self, seconds_since_1970: u64) -> Self {
        self.write.set(|write| write.ends = Ends::At(seconds_since_1970));
        self
    }

    /// Keeps the pair until it is deleted, regardless of the key's declaration.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let note = notes.note("ada", 1).expiration_ttl(3600);
    /// note.put("tea").never_expires().await?;
    /// assert_eq!(note.info().await?.unwrap().expiration, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn never_expires(mut self) -> Self {
        self.write.set(|write| write.ends = Ends::Never);
        self
    }
}

impl<M, V> Put<M, V> {
    /// Stores metadata with the value, at most 1,024 bytes as compact JSON. `None`, and anything that
    /// is `null` in JSON, stores no metadata. Accepts a `&M`, an `Option<&M>`, or what an `M` borrows
    /// as: see [`MetadataAs`].
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// notes.note("ada", 1).put("tea").metadata(&7).await?;
    /// let none = None;
    /// notes.note("ada", 2).put("milk").metadata(none).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn metadata(mut self, metadata: impl MetadataAs<M>) -> Self {
        let metadata = metadata.stored();
        self.write.set(|write| write.metadata = metadata);
        self
    }
}

impl<M> Put<M> {
    pub(super) fn whole(bound: BoundKey, value: Result<Bytes, EncodeError>) -> Self {
        Self::new(bound, Whole(value))
    }

    /// The store and the checked pair.
    pub(super) fn into_pair(self) -> Result<(SharedStore, RawPair), Error> {
        let Some(Write { bound, value: Whole(value), metadata, ends }) = self.write.into_parts()
        else {
            let sent =
                "a put that was already polled is sent on its own: it cannot be sent with others";
            return Err(RawError::other(sent).into());
        };
        let pair = checked(bound.key?, value, metadata, ends, bound.store.now())?;
        Ok((bound.store, pair))
    }
}

impl<M> Put<M, Pieces> {
    pub(super) fn pieces(bound: BoundKey, pieces: ByteStream) -> Self {
        Self::new(bound, Pieces(pieces))
    }
}

impl<M> Future for Put<M> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.write.poll(cx, |Write { bound, value: Whole(value), metadata, ends }| {
            bound.put(value, metadata, ends).boxed()
        })
    }
}

impl<M> Future for Put<M, Pieces> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.write.poll(cx, |Write { bound, value: Pieces(pieces), metadata, ends }| {
            bound.put_stream(pieces, metadata, ends).boxed()
        })
    }
}

impl BoundKey {
    pub(super) async fn put(
        self,
        value: Result<Bytes, EncodeError>,
        metadata: Metadata,
        ends: Ends,
    ) -> Result<(), Error> {
        let pair = checked(self.key?, value, metadata, ends, self.store.now())?;
        let RawPair { key, value, options } = pair;
        Ok(self.store.put(&key, value, options).await?)
    }

    async fn put_stream(
        self,
        pieces: ByteStream,
        metadata: Metadata,
        ends: Ends,
    ) -> Result<(), Error> {
        let name = self.key?;
        let options = beside(&name, metadata, ends, self.store.now())?;
        let put = self.store.put_stream(&name.text, limited(pieces), options).await;
        put.map_err(|error| of_stream(&name, error))
    }
}

/// The pieces of a value, with an error instead of the piece that makes the value too large.
fn limited(pieces: ByteStream) -> ByteStream {
    let limited = stream::try_unfold((pieces, 0), |(mut pieces, before)| async move {
        let Some(piece) = pieces.next().await.transpose()? else { return Ok(None) };
        let bytes = before + piece.len();
        check_value(bytes).map_err(RawError::other)?;
        Ok(Some((piece, (pieces, bytes))))
    });
    limited.boxed()
}

/// Why a stream was not put. Errors from [`limited`] and from another entry's stream become typed again.
fn of_stream(name: &Name, error: RawError) -> Error {
    let RawError::Other(source) = error else { return error.into() };
    let source = match source.downcast::<ValueError>() {
        Ok(source) => {
            let key = name.text.clone().into_owned();
            return Error::ValueTooLarge { key, source: *source };
        }
        Err(source) => source,
    };
    source.downcast::<Error>().map_or_else(|source| RawError::Other(source).into(), |error| *error)
}

/// Checks a pair against every rule.
fn checked(
    name: Name,
    value: Result<Bytes, EncodeError>,
    metadata: Metadata,
    ends: Ends,
    now: Time,
) -> Result<RawPair, Error> {
    let key = || name.text.clone().into_owned();
    let value = value.map_err(|source| Error::Encode { key: key(), part: Part::Value, source })?;
    check_value(value.len()).map_err(|source| Error::ValueTooLarge { key: key(), source })?;
    let options = beside(&name, metadata, ends, now)?;
    Ok(RawPair::new(name.text.into_owned(), value, options))
}

/// Checks the metadata and the expiration of a pair against every rule.
fn beside(name: &Name, metadata: Metadata, ends: Ends, now: Time) -> Result<PutOptions, Error> {
    let key = || name.text.clone().into_owned();
    let metadata =
        metadata.map_err(|source| Error::Encode { key: key(), part: Part::Metadata, source })?;
    check_metadata(metadata.as_ref().map_or(0, |json| json.get().len()))
        .map_err(|source| Error::MetadataTooLarge { key: key(), source })?;
    let expiry = ends.expiry(name, now).map_err(|source| Error::Expiry { key: key(), source })?;
    let mut options = PutOptions::default();
    (options.metadata, options.expiry) = (metadata, expiry);
    Ok(options)
}

impl Ends {
    fn expiry(self, key: &Name, now: Time) -> Result<Option<Expiry>, ExpiryError> {
        let expiry = match (self, key.expiration_ttl) {
            (Self::After(seconds), _) | (Self::AsDeclared, Some(seconds)) => Expiry::Ttl(seconds),
            (Self::At(seconds), _) => Expiry::At(seconds),
            (Self::Never, _) | (Self::AsDeclared, None) => return Ok(None),
        };
        expiry.expiration(now).map(|_| Some(expiry))
    }
}
