//! Pairs behind a Worker's binding.
//!
//! The binding is called as JavaScript has it: `worker::kv` would carry metadata through
//! serde-wasm-bindgen, which is a good part of a small Worker. Values pass as bytes, which JavaScript
//! leaves alone. Metadata is a JavaScript value: an integer beyond 2^53 is refused when it is put,
//! and no integer any more when it is read.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use kv_rules::Expiry;
use serde_json::value::RawValue;
use worker::js_sys::{Array, Function, JSON, Object, Promise, Reflect, Uint8Array};
use worker::send::{SendFuture, SendWrapper};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Date, Env, js_sys};

use super::exact::{large_integers, no_large_integers};
use super::{KvStore, Page, Pair};
use crate::chain::with_sources;
use crate::error::Error;
use crate::list::KeyInfo;

/// The namespace that a Worker has under a binding's name.
// JavaScript's values stay on the one thread that a Worker has, which `Send` cannot know.
#[derive(Debug)]
pub(super) struct Binding(SendWrapper<Object>);

pub(super) fn now() -> Timestamp {
    let milliseconds = i64::try_from(Date::now().as_millis());
    milliseconds.ok().and_then(|now| Timestamp::from_millisecond(now).ok()).unwrap_or_default()
}

impl Binding {
    pub(super) fn new(env: &Env, binding: &str) -> Result<Self, Error> {
        match field(env, binding).dyn_into::<Object>() {
            // Other bindings have no such method.
            Ok(object) if field(&object, "getWithMetadata").is_function() => {
                Ok(Self(SendWrapper::new(object)))
            }
            _ => Err(Error::NoBinding { binding: binding.to_owned() }),
        }
    }

    /// Calls a method with a key or nothing, and options.
    fn call(
        &self,
        method: &str,
        arguments: Array,
    ) -> SendFuture<impl Future<Output = Result<JsValue, Error>> + use<>> {
        let function: Function = field(&self.0, method).unchecked_into();
        let promise = function.apply(&self.0, &arguments);
        SendFuture::new(async move {
            let promise: Promise = promise.map_err(failed)?.unchecked_into();
            JsFuture::from(promise).await.map_err(failed)
        })
    }

    fn read(
        &self,
        method: &str,
        key: &str,
        cache_ttl: Option<u32>,
    ) -> SendFuture<impl Future<Output = Result<JsValue, Error>> + use<>> {
        let options = Object::new();
        set(&options, "type", "arrayBuffer");
        if let Some(seconds) = cache_ttl {
            set(&options, "cacheTtl", seconds);
        }
        self.call(method, Array::of2(&key.into(), &options))
    }

    fn write(
        &self,
        key: &str,
        pair: &Pair,
    ) -> Result<SendFuture<impl Future<Output = Result<JsValue, Error>> + use<>>, Error> {
        let options = Object::new();
        if let Some(metadata) = &pair.metadata {
            set(&options, "metadata", for_javascript(key, metadata.get())?);
        }
        match pair.expiry {
            Some(Expiry::Ttl(seconds)) => set(&options, "expirationTtl", seconds),
            Some(Expiry::At(seconds)) => set(&options, "expiration", seconds),
            None => {}
        }
        let value = Uint8Array::from(pair.value.as_ref());
        Ok(self.call("put", Array::of3(&key.into(), &value, &options)))
    }
}

#[async_trait]
impl KvStore for Binding {
    async fn get(&self, key: &str, cache_ttl: Option<u32>) -> Result<Option<Bytes>, Error> {
        let read = self.read("get", key, cache_ttl);
        Ok(bytes(&read.await?))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        cache_ttl: Option<u32>,
    ) -> Result<Option<(Bytes, Option<Box<RawValue>>)>, Error> {
        let read = self.read("getWithMetadata", key, cache_ttl);
        let got = read.await?;
        let Some(value) = bytes(&field(&got, "value")) else { return Ok(None) };
        Ok(Some((value, metadata(&got)?)))
    }

    async fn put(&self, key: &str, pair: Pair) -> Result<(), Error> {
        let write = self.write(key, &pair)?;
        write.await.map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        let delete = self.call("delete", Array::of1(&key.into()));
        delete.await.map(drop)
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let options = Object::new();
        set(&options, "prefix", prefix);
        if let Some(cursor) = cursor {
            set(&options, "cursor", cursor);
        }
        let list = self.call("list", Array::of1(&options));
        drop(options);
        let page = list.await?;
        let keys: Array = field(&page, "keys").unchecked_into();
        let keys = keys.iter().map(|key| {
            Ok(KeyInfo {
                name: field(&key, "name").as_string().unwrap_or_default(),
                expiration: field(&key, "expiration").as_f64().map(|seconds| seconds as u64),
                metadata: metadata(&key)?,
            })
        });
        let keys = keys.collect::<Result<_, Error>>()?;
        // The last page has none.
        Ok(Page { keys, cursor: field(&page, "cursor").as_string() })
    }
}

/// A field of what the runtime gave; `undefined` when it has none.
fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // It fails for frozen objects only.
    let _ = Reflect::set(object, &name.into(), &value.into());
}

/// A value, or `null` for none.
fn bytes(value: &JsValue) -> Option<Bytes> {
    (!value.is_null()).then(|| Uint8Array::new(value).to_vec().into())
}

/// The metadata of a pair or of a listed key.
fn metadata(of: &JsValue) -> Result<Option<Box<RawValue>>, Error> {
    let metadata = field(of, "metadata");
    if metadata.is_null() || metadata.is_undefined() {
        return Ok(None);
    }
    let json = String::from(JSON::stringify(&metadata).map_err(failed)?);
    let json = RawValue::from_string(no_large_integers(json));
    json.map(Some).map_err(|error| Error::Store(error.to_string().into()))
}

/// Metadata that JavaScript does not change.
fn for_javascript(key: &str, metadata: &str) -> Result<JsValue, Error> {
    match large_integers(metadata).first() {
        None => JSON::parse(metadata).map_err(failed),
        Some(number) => Err(Error::Store(
            format!(
                "the metadata of `{}` holds {}: in a Worker, metadata passes JavaScript, which \
                 keeps integers exact up to 2^53 only; write it as text, or into the value",
                key.escape_debug(),
                &metadata[number.clone()]
            )
            .into(),
        )),
    }
}

/// So that a Worker's handler can use `?`. The text says all that a log should.
impl From<Error> for worker::Error {
    fn from(error: Error) -> Self {
        let mut text = with_sources(&error);
        if let Some(help) = error.help() {
            text = format!("{text} ({help})");
        }
        Self::RustError(text)
    }
}

fn failed(thrown: JsValue) -> Error {
    let message = match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => thrown.as_string().unwrap_or_else(|| "the Workers runtime failed".to_owned()),
    };
    Error::from_runtime(message)
}
