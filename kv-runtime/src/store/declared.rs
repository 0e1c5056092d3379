//! A memory store with the entries of a declaration.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::MemoryStore;
use crate::raw::PutOptions;
use crate::typed::declaration::{Declaration, DeclaredEntry, DeclaredText, DeclaredValue};

impl MemoryStore {
    /// Creates a store with the entries of a declaration, as if they had just been deployed. An `env(...)`
    /// has the text `[env NAME]` as its value. The seeds of `..file` and `..dir` are left out.
    pub(crate) fn of(declaration: &Declaration) -> Self {
        let store = Self::new();
        for DeclaredText { key, text, .. } in declaration.read_texts() {
            store.seed(&key, text.into(), PutOptions::default());
        }
        for entry in declaration.entries {
            let json = entry.metadata.map(|metadata| metadata.json.to_owned());
            let metadata = json.and_then(|json| RawValue::from_string(json).ok());
            let options = PutOptions { metadata, expiry: entry.expiry };
            store.seed(entry.key, value(entry), options);
        }
        store
    }
}

/// The stored bytes of an entry. A value that a deploy would refuse is stored as written, so that reading
/// it reports the error.
fn value(entry: &DeclaredEntry) -> Bytes {
    match entry.value {
        DeclaredValue::Text(text) => Bytes::from_static(text.as_bytes()),
        DeclaredValue::File(bytes, _) => Bytes::from_static(bytes),
        DeclaredValue::Env(name, _) => format!("[env {name}]").into(),
        DeclaredValue::Typed(json, encode) => {
            encode(json).map_or_else(|_| Bytes::from_static(json.as_bytes()), Bytes::from)
        }
        DeclaredValue::Rust(encode) => encode().map(Bytes::from).unwrap_or_default(),
    }
}
