//! `…/bulk/get`: up to a hundred values in one response.

use std::collections::BTreeMap;

use axum::response::Response;
use kv_rules::{MAX_BULK_GET_KEYS, MAX_VALUE_BYTES, check_key};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::envelope::{stored_json, success};
use super::super::error::ApiError;
use super::super::extract::{Body, InNamespace};
use crate::{Pairs, Stored};

const OPERATION: &str = "bulk get keys";
const NOT_TEXT: &str = "At least one of the requested keys corresponds to a non-text value";

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default, rename = "type")]
    form: Form,
    #[serde(default, rename = "withMetadata")]
    with_metadata: bool,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    #[default]
    Text,
    Json,
}

#[derive(Serialize)]
struct Answer {
    /// `null` for a missing key.
    values: BTreeMap<String, Option<Shown>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Bare(Value),
    WithMetadata {
        value: Value,
        metadata: Option<Box<RawValue>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expiration: Option<u64>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Json(Box<RawValue>),
}

/// `POST …/bulk/get`
pub(super) async fn get(namespace: InNamespace, Body(body): Body) -> Result<Response, ApiError> {
    let answer = namespace.run(OPERATION, move |pairs| {
        let asked: Asked = serde_json::from_slice(&body)
            .map_err(|error| ApiError::bad_request(OPERATION, error))?;
        Ok(success(read(pairs, asked)?))
    });
    answer.await
}

fn read(pairs: &Pairs, asked: Asked) -> Result<Answer, ApiError> {
    if asked.keys.is_empty() {
        return Err(ApiError::bulk_get("You must request a minimum of 1 key"));
    }
    if asked.keys.len() > MAX_BULK_GET_KEYS {
        return Err(ApiError::bulk_get("You can request a maximum of 100 keys"));
    }
    let mut values = BTreeMap::new();
    let mut bytes = 0;
    for key in asked.keys {
        check_key(&key).map_err(|rule| ApiError::bad_key(OPERATION, &rule))?;
        let stored = pairs.get(&key).map_err(|error| ApiError::of_one(OPERATION, error))?;
        bytes += stored.as_ref().map_or(0, |stored| stored.value.len());
        if bytes > MAX_VALUE_BYTES {
            return Err(ApiError::bulk_get_too_large());
        }
        let shown = stored.map(|stored| shown(stored, asked.form, asked.with_metadata));
        values.insert(key, shown.transpose()?);
    }
    Ok(Answer { values })
}

fn shown(stored: Stored, form: Form, with_metadata: bool) -> Result<Shown, ApiError> {
    let text = String::from_utf8(stored.value.into()).map_err(|_| ApiError::bulk_get(NOT_TEXT))?;
    let value = match form {
        Form::Text => Value::Text(text),
        // In a Worker, a value that is not JSON fails the request. The REST API's error for it is not
        // established.
        Form::Json => Value::Json(RawValue::from_string(text).map_err(|_| {
            ApiError::bulk_get("At least one of the requested keys corresponds to a non-JSON value")
        })?),
    };
    if !with_metadata {
        return Ok(Shown::Bare(value));
    }
    let metadata = stored.metadata.map(stored_json).transpose()?;
    Ok(Shown::WithMetadata { value, metadata, expiration: stored.expiration })
}
