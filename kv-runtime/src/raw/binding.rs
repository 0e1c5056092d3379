//! Pairs behind a Worker's binding.
//!
//! This calls the JavaScript binding directly: `worker::kv` would convert metadata with
//! serde-wasm-bindgen, which is a large part of a small Worker. Values are passed as bytes, which
//! JavaScript does not change. Metadata becomes a JavaScript value: a put refuses integers beyond 2^53,
//! and a get returns them as floats, not integers.

use std::collections::HashMap;
use std::pin::pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{Either, join, select};
use futures_util::stream::{self, StreamExt};
use kv_rules::{Expiry, MAX_BULK_GET_KEYS, shown};
use serde_json::value::RawValue;
use worker::js_sys::{Array, Function, JSON, Map, Object, Promise, Reflect, Uint8Array};
use worker::send::{SendFuture, SendWrapper};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Env, js_sys};

use super::exact::{large_integers, no_large_integers};
use super::{
    ByteStream, GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawError, RawStore,
    StoredValue,
};

/// The namespace behind a Worker's binding.
// JavaScript values stay on a Worker's only thread, which `Send` cannot express.
#[derive(Debug)]
pub(crate) struct Binding(SendWrapper<Object>);

impl Binding {
    pub(crate) fn new(env: &Env, binding: &str) -> Result<Self, RawError> {
        match field(env, binding).dyn_into::<Object>() {
            // Bindings of other kinds do not have this method.
            Ok(object) if field(&object, "getWithMetadata").is_function() => {
                Ok(Self(SendWrapper::new(object)))
            }
            _ => Err(RawError::NoBinding { binding: binding.to_owned() }),
        }
    }

    /// Calls a method with a key or nothing, and options.
    fn call(
        &self,
        method: &str,
        arguments: &Array,
    ) -> SendFuture<impl Future<Output = Result<JsValue, RawError>> + use<>> {
        call(&self.0, method, arguments)
    }

    fn read(
        &self,
        method: &str,
        key: &str,
        cache_ttl: Option<u64>,
    ) -> SendFuture<impl Future<Output = Result<JsValue, RawError>> + use<>> {
        let options = Object::new();
        set(&options, "type", "arrayBuffer");
        if let Some(seconds) = cache_ttl {
            set(&options, "cacheTtl", number(seconds));
        }
        self.call(method, &Array::of2(&key.into(), &options))
    }

    /// Reads the values of up to a hundred keys as text in one operation.
    fn read_many(
        &self,
        keys: &[&str],
    ) -> SendFuture<impl Future<Output = Result<HashMap<String, Option<String>>, RawError>> + use<>>
    {
        let names: Array = keys.iter().map(|key| JsValue::from_str(key)).collect();
        let options = Object::new();
        set(&options, "type", "text");
        let get = self.call("get", &Array::of2(&names, &options));
        SendFuture::new(async move {
            let found: Map = get.await?.unchecked_into();
            let mut values = HashMap::new();
            found.for_each(&mut |value, key| {
                values.insert(key.as_string().unwrap_or_default(), value.as_string());
            });
            Ok(values)
        })
    }

    fn write(
        &self,
        key: &str,
        value: &JsValue,
        beside: &PutOptions,
    ) -> Result<SendFuture<impl Future<Output = Result<JsValue, RawError>> + use<>>, RawError> {
        let options = Object::new();
        if let Some(metadata) = &beside.metadata {
            set(&options, "metadata", for_javascript(key, metadata.get())?);
        }
        match beside.expiry {
            Some(Expiry::Ttl(seconds)) => set(&options, "expirationTtl", number(seconds)),
            Some(Expiry::At(seconds)) => set(&options, "expiration", number(seconds)),
            None => {}
        }
        Ok(self.call("put", &Array::of3(&key.into(), value, &options)))
    }

    /// Writes a value as its pieces arrive: each is passed on before the next is requested.
    async fn write_stream(
        &self,
        key: &str,
        mut pieces: ByteStream,
        beside: &PutOptions,
    ) -> Result<(), RawError> {
        let pipe: Function = field(&js_sys::global(), "IdentityTransformStream").unchecked_into();
        let pipe = Reflect::construct(&pipe, &Array::new()).map_err(failed)?;
        let writer = invoke(&field(&pipe, "writable"), "getWriter", &Array::new())?;
        let mut put = pin!(self.write(key, &field(&pipe, "readable"), beside)?);
        while let Some(piece) = pieces.next().await {
            let piece = match piece {
                Ok(piece) if piece.is_empty() => continue,
                Ok(piece) => Uint8Array::from(&*piece),
                Err(error) => {
                    let reason = JsValue::from(error.to_string());
                    let abort = call(&writer, "abort", &Array::of1(&reason));
                    // Both fail because of the stream's error, which is returned.
                    let _ = join(abort, put).await;
                    return Err(error);
                }
            };
            let wrote = pin!(call(&writer, "write", &Array::of1(&piece)));
            match select(put.as_mut(), wrote).await {
                Either::Left((ended, _)) => return ended.map(drop),
                Either::Right((Ok(_), _)) => {}
                // The put stopped the writer, and its own error says why.
                Either::Right((Err(error), put)) => return put.await.and(Err(error)),
            }
        }
        join(call(&writer, "close", &Array::new()), put).await.1.map(drop)
    }
}

#[async_trait]
impl RawStore for Binding {
    async fn get(&self, key: &str, options: GetOptions) -> Result<Option<Bytes>, RawError> {
        let read = self.read("get", key, options.cache_ttl);
        Ok(bytes(&read.await?))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        options: GetOptions,
    ) -> Result<Option<StoredValue>, RawError> {
        let read = self.read("getWithMetadata", key, options.cache_ttl);
        let got = read.await?;
        let Some(value) = bytes(&field(&got, "value")) else { return Ok(None) };
        Ok(Some(StoredValue { metadata: metadata(&got)?, ..StoredValue::new(value) }))
    }

    async fn get_with_expiration(&self, key: &str) -> Result<Option<StoredValue>, RawError> {
        let Some(stored) = self.get_with_metadata(key, GetOptions::default()).await? else {
            return Ok(None);
        };
        // Only a listing returns the expiration.
        let info = self.info(key).await?;
        let expiration = info.and_then(|info| info.expiration);
        Ok(Some(StoredValue { expiration, ..stored }))
    }

    async fn get_many(
        &self,
        keys: &[&str],
        options: GetOptions,
    ) -> Result<Vec<Option<Bytes>>, RawError> {
        let mut values = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(MAX_BULK_GET_KEYS) {
            let found = if options.is_text { Some(self.read_many(chunk).await?) } else { None };
            for key in chunk {
                let text = found.as_ref().and_then(|found| found.get(*key));
                values.push(match text {
                    Some(None) => None,
                    // The runtime replaced bytes that are not UTF-8 with this character.
                    Some(Some(text)) if !text.contains('\u{fffd}') => {
                        Some(Bytes::from(text.clone()))
                    }
                    _ => self.get(key, options).await?,
                });
            }
        }
        Ok(values)
    }

    async fn get_stream(&self, key: &str) -> Result<Option<ByteStream>, RawError> {
        let options = Object::new();
        set(&options, "type", "stream");
        let get = self.call("get", &Array::of2(&key.into(), &options));
        drop(options);
        let body = get.await?;
        if body.is_null() || body.is_undefined() {
            return Ok(None);
        }
        let reader = SendWrapper::new(invoke(&body, "getReader", &Array::new())?);
        let pieces = stream::try_unfold(reader, |reader| {
            SendFuture::new(async move {
                let read = call(&reader, "read", &Array::new());
                let piece = read.await?;
                if field(&piece, "done").is_truthy() {
                    return Ok(None);
                }
                let bytes = Bytes::from(Uint8Array::new(&field(&piece, "value")).to_vec());
                Ok(Some((bytes, reader)))
            })
        });
        Ok(Some(pieces.boxed()))
    }

    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError> {
        let write = self.write(key, &Uint8Array::from(&*value), &options)?;
        drop((value, options));
        write.await.map(drop)
    }

    async fn put_stream(
        &self,
        key: &str,
        pieces: ByteStream,
        options: PutOptions,
    ) -> Result<(), RawError> {
        SendFuture::new(self.write_stream(key, pieces, &options)).await
    }

    async fn delete(&self, key: &str) -> Result<(), RawError> {
        let delete = self.call("delete", &Array::of1(&key.into()));
        delete.await.map(drop)
    }

    async fn list(&self, prefix: &str, from: ListOptions<'_>) -> Result<KeyPage, RawError> {
        let options = Object::new();
        set(&options, "prefix", prefix);
        set(&options, "limit", number(from.limit as u64));
        if let Some(cursor) = from.cursor {
            set(&options, "cursor", cursor);
        }
        let list = self.call("list", &Array::of1(&options));
        drop(options);
        let page = list.await?;
        let keys: Array = field(&page, "keys").unchecked_into();
        let keys = keys.iter().map(|key| {
            Ok(KeyInfo {
                name: field(&key, "name").as_string().unwrap_or_default(),
                expiration: field(&key, "expiration").as_f64().map(seconds),
                metadata: metadata(&key)?,
            })
        });
        let keys = keys.collect::<Result<_, RawError>>()?;
        // The last page has none.
        Ok(KeyPage { keys, cursor: field(&page, "cursor").as_string() })
    }
}

/// A field of a value from the runtime; `undefined` if there is none.
fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

/// Calls a method of a value from the runtime.
fn invoke(object: &JsValue, method: &str, arguments: &Array) -> Result<JsValue, RawError> {
    let function: Function = field(object, method).unchecked_into();
    function.apply(object, arguments).map_err(failed)
}

/// Calls a method that returns a promise.
fn call(
    object: &JsValue,
    method: &str,
    arguments: &Array,
) -> SendFuture<impl Future<Output = Result<JsValue, RawError>> + use<>> {
    let promise = invoke(object, method, arguments);
    SendFuture::new(async move {
        let promise: Promise = promise?.unchecked_into();
        JsFuture::from(promise).await.map_err(failed)
    })
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // This fails only for frozen objects.
    let _ = Reflect::set(object, &name.into(), &value.into());
}

/// A value, or `null` for none.
fn bytes(value: &JsValue) -> Option<Bytes> {
    (!value.is_null()).then(|| Uint8Array::new(value).to_vec().into())
}

/// The metadata of a pair or of a listed key.
fn metadata(of: &JsValue) -> Result<Option<Box<RawValue>>, RawError> {
    let metadata = field(of, "metadata");
    if metadata.is_null() || metadata.is_undefined() {
        return Ok(None);
    }
    let json = String::from(JSON::stringify(&metadata).map_err(failed)?);
    let json = RawValue::from_string(no_large_integers(json));
    json.map(Some).map_err(|error| RawError::other(error.to_string()))
}

/// Metadata as a JavaScript value, if JavaScript does not change it.
fn for_javascript(key: &str, metadata: &str) -> Result<JsValue, RawError> {
    match large_integers(metadata).first() {
        None => JSON::parse(metadata).map_err(failed),
        Some(number) => Err(RawError::other(format!(
            "the metadata of `{}` contains {}: in a Worker, metadata passes through JavaScript, \
             where integers are exact only up to 2^53; write it as text, or into the value",
            shown(key),
            &metadata[number.clone()]
        ))),
    }
}

/// Converts seconds from a JavaScript number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and the runtime returns whole seconds since 1970"
)]
fn seconds(number: f64) -> u64 {
    number as u64
}

/// Seconds as a JavaScript number; a `u64` would become a `BigInt`, which no option accepts.
fn number(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[allow(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failed(thrown: JsValue) -> RawError {
    let message = match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => thrown.as_string().unwrap_or_else(|| "the Workers runtime failed".to_owned()),
    };
    RawError::from_runtime(message)
}
