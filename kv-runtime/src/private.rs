//! What the code that `kv_namespace!` generates refers to. Nothing here is public API.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use kv_macros::kv_namespace;
pub use kv_rules::{Expiry, Param, Pattern, Segment, const_ttl};
pub use serde;

#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub use crate::cli::{Package, deploy_main};
use crate::typed::Store;
use crate::typed::codec::{self, DecodeError, EncodeError};
pub use crate::typed::codec::{Decode, Older, decode_generations};
pub use crate::typed::declaration;
use crate::typed::entry::{Entry, Name};
pub use crate::typed::family::{Family, ParamType, TypedParam};
use crate::typed::outline::Outline;

/// A memory store that holds the entries of a declaration.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn in_memory(declaration: &declaration::Declaration) -> crate::MemoryStore {
    crate::MemoryStore::of(declaration)
}

/// The document that a state store keeps, for the tests of this workspace.
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub mod state {
    pub use crate::state::document::{Creating, Deployment, Origin, Record, Server, State};
    pub use crate::state::keys::KeyRecord;
    pub use crate::state::{Digest, DigestKey, Session};
}

/// What the fuzzer calls.
#[cfg(all(fuzzing, feature = "cli"))]
pub mod fuzzing {
    pub use crate::wrangler::fuzzing::edit_wrangler;
}

/// The bytes to store for a value of any of its generations, as one of the newest.
pub fn migrate<T>(
    stored: &[u8],
    decode: Decode<T>,
    encode: fn(&T) -> Result<Vec<u8>, EncodeError>,
) -> Result<Vec<u8>, DecodeError> {
    Ok(encode(&decode(bytes::Bytes::copy_from_slice(stored))?)?)
}

/// The pair of a family's key; parameters that make none are an error once it is awaited.
pub fn family_entry<T, M, A>(
    store: &Store<A>,
    family: &'static Family,
    params: &[Cow<'_, str>],
) -> Entry<T, M, A> {
    let key = family
        .key(params)
        .map(|key| Name { text: key.into(), expiration_ttl: family.expiration_ttl });
    store.family_entry(key)
}

/// How values and metadata of a type are read and written.
#[derive(Debug)]
pub struct ValueType<T> {
    /// The bytes to store for a value.
    pub encode: fn(&T) -> Result<Vec<u8>, EncodeError>,
    /// The value that stored bytes stand for.
    pub decode: Decode<T>,
    /// The bytes to store for a JSON literal.
    pub encode_literal: fn(&str) -> Result<Vec<u8>, DecodeError>,
    /// Checks that a file or an environment variable is a stored value.
    pub check: fn(&[u8]) -> Result<(), DecodeError>,
    /// Checks that JSON is metadata of the type.
    pub check_metadata: fn(&[u8]) -> Result<(), DecodeError>,
    /// What values look like.
    pub outline: fn() -> Outline,
}

/// A type that values and metadata can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a value or of metadata: it does not implement `Serialize` and `Deserialize`",
    label = "derive `serde::Serialize` and `serde::Deserialize` for it and for the types in its fields"
)]
pub trait TypedValue: Sized + 'static {
    /// How it is read and written.
    const TYPE: ValueType<Self>;
}

// Without this the compiler would tell of each trait that is missing, wherever it is needed.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> TypedValue for T {
    const TYPE: ValueType<Self> = ValueType {
        encode: |value| codec::encode(value).map(Vec::from),
        decode: codec::decode,
        encode_literal: |json| codec::encode_literal::<Self>(json).map(Vec::from),
        check: |stored| codec::decode::<Self>(bytes::Bytes::copy_from_slice(stored)).map(drop),
        check_metadata: |json| codec::decode_json::<Self>(json).map(drop),
        outline: Outline::of::<Self>,
    };
}

/// The JSON Schema of a type, if it derives one: a method of the type itself comes before that of
/// [`NoSchema`].
#[cfg(all(feature = "schemars", not(target_arch = "wasm32")))]
#[derive(Debug)]
pub struct Schema<T>(std::marker::PhantomData<T>);

#[cfg(all(feature = "schemars", not(target_arch = "wasm32")))]
impl<T> Schema<T> {
    /// One of a type.
    pub const NEW: Self = Self(std::marker::PhantomData);
}

#[cfg(all(feature = "schemars", not(target_arch = "wasm32")))]
impl<T: schemars::JsonSchema> Schema<T> {
    /// The schema.
    #[must_use]
    pub fn get(&self) -> Option<declaration::TypeSchema> {
        Some(declaration::TypeSchema {
            name: (!T::inline_schema()).then(|| T::schema_name().into_owned()),
            json: schemars::schema_for!(T).to_value(),
        })
    }
}

/// A type that derives no JSON Schema.
#[cfg(all(feature = "schemars", not(target_arch = "wasm32")))]
pub trait NoSchema {
    /// There is none.
    fn get(&self) -> Option<declaration::TypeSchema> {
        None
    }
}

#[cfg(all(feature = "schemars", not(target_arch = "wasm32")))]
impl<T> NoSchema for Schema<T> {}
