//! The types that a put accepts for a value or metadata: the type itself, or a borrowed form.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::codec::{EncodeError, encode, encode_json, encode_metadata};

/// What you can put as a value of the type `T`: a `T` itself; a `str` for a [`String`]; `[u8]`, an
/// array or a vector of bytes for [`Bytes`]; a slice or an array for a [`Vec`].
///
/// ```
/// use kv_runtime::PutAs;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// /// Puts a text, whichever text type the caller has.
/// async fn note<Q: PutAs<String> + ?Sized>(notes: &Notes, text: &Q) -> Result<(), kv_runtime::Error> {
///     notes.note("ada", 1).put(text).await
/// }
///
/// note(&notes, "tea").await?;
/// note(&notes, &String::from("milk")).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a value of the type `{T}` cannot be put as `{Self}`",
    label = "pass a `{T}`, or what it borrows as"
)]
pub trait PutAs<T> {
    /// The bytes to store.
    #[doc(hidden)]
    fn stored(&self) -> Result<Bytes, EncodeError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + 'static> PutAs<T> for T {
    fn stored(&self) -> Result<Bytes, EncodeError> {
        encode(self)
    }
}

impl PutAs<String> for str {
    fn stored(&self) -> Result<Bytes, EncodeError> {
        Ok(Bytes::copy_from_slice(self.as_bytes()))
    }
}

impl PutAs<Bytes> for [u8] {
    fn stored(&self) -> Result<Bytes, EncodeError> {
        Ok(Bytes::copy_from_slice(self))
    }
}

impl<const N: usize> PutAs<Bytes> for [u8; N] {
    fn stored(&self) -> Result<Bytes, EncodeError> {
        Ok(Bytes::copy_from_slice(self))
    }
}

impl PutAs<Bytes> for Vec<u8> {
    fn stored(&self) -> Result<Bytes, EncodeError> {
        Ok(Bytes::copy_from_slice(self))
    }
}

impl<T: Serialize> PutAs<Vec<T>> for [T] {
    fn stored(&self) -> Result<Bytes, EncodeError> {
        encode_json(self)
    }
}

impl<T: Serialize, const N: usize> PutAs<Vec<T>> for [T; N] {
    fn stored(&self) -> Result<Bytes, EncodeError> {
        encode_json(&self[..])
    }
}

/// What you can put as metadata of the type `M`: a `&M`, an `Option<&M>`, or a `&str` for a
/// [`String`].
///
/// ```
/// # kv_runtime::kv_namespace! { pub struct Files; title: "files", keys: { "{path}": String { metadata: String } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let files = Files::in_memory();
/// files.path("a").put("tea").metadata("text/plain").await?;
/// files.path("b").put("tea").metadata(&String::from("text/plain")).await?;
/// files.path("c").put("tea").metadata(None).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "metadata of the type `{M}` cannot be put as `{Self}`",
    label = "pass a `&{M}`, or an `Option` of one"
)]
pub trait MetadataAs<M> {
    /// The metadata as JSON; `None` if there is none.
    #[doc(hidden)]
    fn stored(self) -> Result<Option<Box<RawValue>>, EncodeError>;
}

#[diagnostic::do_not_recommend]
impl<M: Serialize> MetadataAs<M> for &M {
    fn stored(self) -> Result<Option<Box<RawValue>>, EncodeError> {
        encode_metadata(self)
    }
}

impl<M: Serialize> MetadataAs<M> for Option<&M> {
    fn stored(self) -> Result<Option<Box<RawValue>>, EncodeError> {
        self.map_or(Ok(None), encode_metadata)
    }
}

impl MetadataAs<String> for &str {
    fn stored(self) -> Result<Option<Box<RawValue>>, EncodeError> {
        encode_metadata(self)
    }
}
