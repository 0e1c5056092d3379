//! `…/bulk` and `…/bulk/delete`: many pairs in one request, all or none.
//!
//! It is not established that one bad item fails the whole request; Cloudflare may report it as
//! unsuccessful instead. Nor is it established what happens to two items with the same key: here the later
//! one wins, and both count.

use std::borrow::Cow;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::envelope::success;
use super::super::error::ApiError;
use super::super::extract::{Body, InNamespace, each, expiry};
use crate::Pair;

const PUT: &str = "bulk put keys";
const DELETE: &str = "bulk remove keys";

/// A pair in a bulk request, borrowed from the body where JSON allows that.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    base64: Option<bool>,
    expiration: Option<i64>,
    expiration_ttl: Option<i64>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Outcome {
    successful_key_count: usize,
    unsuccessful_keys: [String; 0],
}

fn outcome(successful_key_count: usize) -> Response {
    success(Outcome { successful_key_count, unsuccessful_keys: [] })
}

/// `PUT …/bulk`
pub(super) async fn put(namespace: InNamespace, Body(body): Body) -> Result<Response, ApiError> {
    let put = namespace.run(PUT, move |pairs| {
        let mut batch = pairs.batch().map_err(|error| ApiError::of_one(PUT, error))?;
        each(PUT, &body, |item: Item<'_>| {
            batch.put(pair(item)?).map_err(|error| ApiError::of_item(PUT, error))
        })?;
        batch.commit().map_err(|error| ApiError::of_one(PUT, error))
    });
    Ok(outcome(put.await?))
}

fn pair(item: Item<'_>) -> Result<Pair<'_>, ApiError> {
    let Item { key, value, base64, expiration, expiration_ttl, metadata } = item;
    let broken = |why: &dyn std::fmt::Display| {
        ApiError::bad_request(PUT, format_args!("{}: {why}", key.escape_default()))
    };
    let expiry = expiry(expiration, expiration_ttl).map_err(|rule| broken(&rule))?;
    let value = if base64 == Some(true) {
        Cow::Owned(STANDARD.decode(&*value).map_err(|error| broken(&error))?)
    } else {
        match value {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    };
    let metadata = metadata.map(|json| Cow::Borrowed(json.get()));
    Ok(Pair { key, value, metadata, expiry })
}

/// `POST …/bulk/delete`, and `DELETE …/bulk` for older clients.
pub(super) async fn delete(namespace: InNamespace, Body(body): Body) -> Result<Response, ApiError> {
    let deleted = namespace.run(DELETE, move |pairs| {
        let mut keys: Vec<Cow<'_, str>> = Vec::new();
        each(DELETE, &body, |Name(key)| {
            keys.push(key);
            Ok(())
        })?;
        pairs.delete_many(keys).map_err(|error| ApiError::of_item(DELETE, error))
    });
    Ok(outcome(deleted.await?))
}

/// A key, borrowed from the body where JSON allows that.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
