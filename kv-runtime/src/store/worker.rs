//! Pairs behind a Worker's binding.
//!
//! Values pass the binding as bytes, which JavaScript leaves alone. Metadata is a JavaScript value
//! there: an integer beyond 2^53 is refused when it is put, and an error when it is read.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use kv_rules::Expiry;
use serde_json::Number;
use serde_json::value::{RawValue, Value, to_raw_value};
use worker::kv::{KvError, KvStore as Binding};
use worker::send::SendFuture;
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::{Date, Env, js_sys};

use super::{KvStore, Page, Pair};
use crate::error::Error;
use crate::list::KeyInfo;

/// The namespace that a Worker has under a binding's name.
pub(super) fn from_env(env: &Env, binding: &str) -> Result<Binding, Error> {
    env.kv(binding).map_err(|_| Error::NoBinding { binding: binding.to_owned() })
}

pub(super) fn now() -> Timestamp {
    let milliseconds = i64::try_from(Date::now().as_millis());
    milliseconds.ok().and_then(|now| Timestamp::from_millisecond(now).ok()).unwrap_or_default()
}

// JavaScript's values stay on the one thread that a Worker has, which `Send` cannot know.
#[async_trait]
impl KvStore for Binding {
    async fn get(&self, key: &str, cache_ttl: Option<u32>) -> Result<Option<Bytes>, Error> {
        let mut get = self.get(key);
        if let Some(seconds) = cache_ttl {
            get = get.cache_ttl(seconds.into());
        }
        let value = SendFuture::new(get.bytes()).await.map_err(failed)?;
        Ok(value.map(Bytes::from))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        cache_ttl: Option<u32>,
    ) -> Result<Option<(Bytes, Option<Box<RawValue>>)>, Error> {
        let mut get = self.get(key);
        if let Some(seconds) = cache_ttl {
            get = get.cache_ttl(seconds.into());
        }
        let got = SendFuture::new(get.bytes_with_metadata::<Value>()).await;
        let (value, metadata) = got.map_err(failed)?;
        let Some(value) = value else { return Ok(None) };
        Ok(Some((value.into(), metadata.map(json).transpose()?)))
    }

    async fn put(&self, key: &str, pair: Pair) -> Result<(), Error> {
        let Pair { value, metadata, expiry } = pair;
        let mut put = self.put_bytes(key, &value).map_err(failed)?;
        if let Some(metadata) = metadata {
            put = put.metadata(for_javascript(key, &metadata)?).map_err(failed)?;
        }
        match expiry {
            Some(Expiry::Ttl(seconds)) => put = put.expiration_ttl(seconds.into()),
            Some(Expiry::At(seconds)) => put = put.expiration(seconds.into()),
            None => {}
        }
        SendFuture::new(put.execute()).await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        SendFuture::new(self.delete(key)).await.map_err(failed)
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let mut list = self.list().prefix(prefix.to_owned());
        if let Some(cursor) = cursor {
            list = list.cursor(cursor.to_owned());
        }
        let page = SendFuture::new(list.execute()).await.map_err(failed)?;
        let keys = page.keys.into_iter().map(|key| {
            let metadata = key.metadata.map(json).transpose()?;
            Ok(KeyInfo { name: key.name, expiration: key.expiration, metadata })
        });
        let keys = keys.collect::<Result<_, Error>>()?;
        Ok(Page { keys, cursor: page.cursor.filter(|_| !page.list_complete) })
    }
}

/// Metadata that JavaScript does not change.
fn for_javascript(key: &str, metadata: &RawValue) -> Result<Value, Error> {
    let value = serde_json::from_str(metadata.get()).map_err(|error| Error::Store(error.into()))?;
    match inexact(&value) {
        None => Ok(value),
        Some(number) => Err(Error::Store(
            format!(
                "the metadata of `{}` holds {number}: in a Worker, metadata passes JavaScript, \
                 which keeps integers exact up to 2^53 only; write it as text, or into the value",
                key.escape_debug()
            )
            .into(),
        )),
    }
}

/// An integer that JavaScript cannot keep.
fn inexact(value: &Value) -> Option<&Number> {
    const LARGEST: u64 = 1 << 53;
    match value {
        Value::Number(number) => {
            let unsigned = number.as_u64().or(number.as_i64().map(i64::unsigned_abs));
            unsigned.filter(|size| *size > LARGEST).map(|_| number)
        }
        Value::Array(items) => items.iter().find_map(inexact),
        Value::Object(fields) => fields.values().find_map(inexact),
        _ => None,
    }
}

fn json(metadata: Value) -> Result<Box<RawValue>, Error> {
    to_raw_value(&metadata).map_err(|error| Error::Store(error.into()))
}

fn failed(error: KvError) -> Error {
    let KvError::JavaScript(thrown) = error else { return Error::Store(error.into()) };
    let message = match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => show(&thrown),
    };
    Error::from_runtime(message)
}

/// So that a Worker's handler can use `?`. The text says all that a log should.
impl From<Error> for worker::Error {
    fn from(error: Error) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        if let Some(help) = error.help() {
            text = format!("{text} ({help})");
        }
        Self::RustError(text)
    }
}

fn show(thrown: &JsValue) -> String {
    thrown.as_string().unwrap_or_else(|| format!("{thrown:?}"))
}
