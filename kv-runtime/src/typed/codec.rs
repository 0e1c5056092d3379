//! The stored form of a value. It depends only on the Rust type, so that every store returns what was
//! put.
//!
//! A [`String`] is stored as its text and [`Bytes`] as they are, so that other programs can read
//! them. Every other type is stored as compact JSON by `serde_json`, which also decides about values
//! that JSON cannot express: a `NaN` or an infinity is written as `null`.

use std::any::{Any, type_name};
use std::str::Utf8Error;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Why a value or metadata cannot be encoded.
///
/// ```
/// use std::collections::HashMap;
///
/// use kv_runtime::{Entry, Error, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let maps = Store::from(MemoryStore::new());
/// let map = HashMap::from([((1, 2), 3)]); // JSON has no such key
/// let entry = Entry::<HashMap<(u8, u8), u8>>::new(&maps, "map")?;
/// let error = entry.put(&map).await.unwrap_err();
/// assert!(matches!(error, Error::Encode { .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error(
    "a `{ty}` has no JSON form: a map needs keys that are text or numbers, and a `Serialize` \
     written by hand must not fail; store other data as `Bytes`"
)]
pub struct EncodeError {
    /// The Rust type.
    pub ty: &'static str,
    /// The error from `serde_json`.
    pub source: serde_json::Error,
}

/// Why stored bytes, or a literal, cannot be decoded as a Rust type.
///
/// ```
/// use kv_runtime::{Entry, Error, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Store::from(MemoryStore::new());
/// Entry::<String>::new(&store, "visits")?.put("many").await?;
/// let error = Entry::<u64>::new(&store, "visits")?.get().await.unwrap_err();
/// assert!(matches!(error, Error::Decode { .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not the JSON of the type.
    #[error(
        "the stored bytes are not the JSON of a `{ty}`: change the type, or write the key again"
    )]
    Json {
        /// The Rust type.
        ty: &'static str,
        /// The error from `serde_json`. Its text can quote the value.
        source: serde_json::Error,
    },
    /// The bytes are not UTF-8, and the type is [`String`].
    #[error("the stored bytes are not UTF-8, which a `String` must be: read them as `Bytes`")]
    Text(#[source] Utf8Error),
    /// The bytes decode as none of the types that the key has or had.
    #[error("the stored bytes decode as none of the types of the key: {}", each(.0))]
    Generations(Vec<DecodeError>),
    /// A literal is a value of the type, but the value cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

fn each(errors: &[DecodeError]) -> String {
    let each = |error: &DecodeError| match error {
        DecodeError::Json { ty, source } => format!("`{ty}`: {source}"),
        error => error.to_string(),
    };
    errors.iter().map(each).collect::<Vec<_>>().join("; ")
}

/// The bytes to store for a value.
pub(crate) fn encode<T: Serialize + 'static>(value: &T) -> Result<Bytes, EncodeError> {
    let any: &dyn Any = value;
    if let Some(text) = any.downcast_ref::<String>() {
        return Ok(Bytes::copy_from_slice(text.as_bytes()));
    }
    if let Some(bytes) = any.downcast_ref::<Bytes>() {
        return Ok(bytes.clone());
    }
    encode_json(value)
}

/// The bytes to store for a value that is stored as JSON.
pub(super) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, EncodeError> {
    match serde_json::to_vec(value) {
        Ok(json) => Ok(json.into()),
        Err(source) => Err(EncodeError { ty: type_name::<T>(), source }),
    }
}

/// Decodes stored bytes.
pub(crate) fn decode<T: DeserializeOwned + 'static>(stored: Bytes) -> Result<T, DecodeError> {
    let mut value: Option<T> = None;
    let any: &mut dyn Any = &mut value;
    if let Some(bytes) = any.downcast_mut::<Option<Bytes>>() {
        *bytes = Some(stored);
    } else if let Some(text) = any.downcast_mut::<Option<String>>() {
        let utf8 = String::from_utf8(stored.into());
        *text = Some(utf8.map_err(|error| DecodeError::Text(error.utf8_error()))?);
    } else {
        return decode_json(&stored);
    }
    Ok(value.expect("one of the branches above filled it, or returned"))
}

/// Decodes JSON text.
pub(crate) fn decode_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(json)
        .map_err(|source| DecodeError::Json { ty: type_name::<T>(), source })
}

/// How stored bytes are read.
pub type Decode<T> = fn(Bytes) -> Result<T, DecodeError>;

/// Decodes stored bytes as one of the generations of a value: as `T` itself, or as an older type,
/// newest first.
#[doc(hidden)]
pub fn decode_generations<T>(
    stored: &Bytes,
    newest: Decode<T>,
    older: &[Decode<T>],
) -> Result<T, DecodeError> {
    let mut tried = Vec::new();
    for decode in [&newest].into_iter().chain(older) {
        match decode(stored.clone()) {
            Ok(value) => return Ok(value),
            Err(error) => tried.push(error),
        }
    }
    Err(DecodeError::Generations(tried))
}

/// An older type of a value that has the type `T` now.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an older type of `{T}`: there is no conversion from it",
    label = "write `impl From<{Self}> for {T}`, and derive `serde::Deserialize` for `{Self}`"
)]
pub trait Older<T>: Sized {
    /// Decodes the stored bytes of this type and converts the value.
    fn decode(stored: Bytes) -> Result<T, DecodeError>;
}

// Without this the compiler would report each missing trait.
#[diagnostic::do_not_recommend]
impl<T: From<O>, O: DeserializeOwned + 'static> Older<T> for O {
    fn decode(stored: Bytes) -> Result<T, DecodeError> {
        decode::<O>(stored).map(T::from)
    }
}

/// Checks that a JSON literal is a `T` and returns the bytes to store for it.
pub(crate) fn encode_literal<T>(json: &str) -> Result<Bytes, DecodeError>
where
    T: Serialize + DeserializeOwned + 'static,
{
    Ok(encode(&decode_json::<T>(json.as_bytes())?)?)
}

/// Metadata as compact JSON; `None` for a JSON `null`, which Workers KV stores as no metadata.
pub(crate) fn encode_metadata<M: Serialize + ?Sized>(
    metadata: &M,
) -> Result<Option<Box<RawValue>>, EncodeError> {
    match serde_json::value::to_raw_value(metadata) {
        Ok(json) => Ok((json.get() != "null").then_some(json)),
        Err(source) => Err(EncodeError { ty: type_name::<M>(), source }),
    }
}

/// Decodes metadata from JSON.
pub(crate) fn decode_metadata<M: DeserializeOwned>(json: &RawValue) -> Result<M, DecodeError> {
    decode_json(json.get().as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[test]
    fn text_and_bytes_are_stored_as_they_are() {
        assert_eq!(encode(&"a \"b\"".to_owned()).unwrap(), "a \"b\"");
        assert_eq!(encode(&Bytes::from_static(&[0, 255])).unwrap(), &[0, 255][..]);
        assert_eq!(decode::<String>(Bytes::from_static(b"3")).unwrap(), "3");
        assert_eq!(decode::<Bytes>(Bytes::from_static(&[0, 255])).unwrap(), &[0, 255][..]);
    }

    #[test]
    fn every_other_type_is_compact_json() {
        assert_eq!(encode(&vec![Some(1), None]).unwrap(), "[1,null]");
        assert_eq!(encode(&serde_json::json!("text")).unwrap(), "\"text\"");
        assert_eq!(decode::<u64>(Bytes::from_static(b"18446744073709551615")).unwrap(), u64::MAX);
    }

    #[test]
    fn a_literal_is_stored_in_the_form_of_its_type() {
        assert_eq!(encode_literal::<String>("\"text\"").unwrap(), "text");
        assert_eq!(encode_literal::<Bytes>("\"text\"").unwrap(), "text");
        assert_eq!(encode_literal::<serde_json::Value>("\"text\"").unwrap(), "\"text\"");
        assert_eq!(encode_literal::<f64>("1").unwrap(), "1.0");
        assert!(encode_literal::<String>("1").is_err());
    }

    #[test]
    fn fields_that_the_type_does_not_know_are_ignored() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Known {
            a: u8,
        }
        let stored = Bytes::from_static(br#"{"a":1,"new":[2]}"#);
        assert_eq!(decode::<Known>(stored).unwrap(), Known { a: 1 });
    }

    #[test]
    fn what_has_no_json_form_names_its_type() {
        let map = HashMap::from([((1, 2), 3)]);
        let error = encode(&map).unwrap_err();
        assert!(error.to_string().contains("HashMap<(i32, i32), i32"), "{error}");
        assert_eq!(error.source.to_string(), "key must be a string");
    }

    #[test]
    fn null_metadata_is_none() {
        assert!(encode_metadata(&None::<u8>).unwrap().is_none());
        assert_eq!(encode_metadata(&Some(1)).unwrap().unwrap().get(), "1");
    }
}
