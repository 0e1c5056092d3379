//! `…/keys`: the keys of a namespace, page by page.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kv_rules::{MAX_LIST_KEYS, MIN_LIST_KEYS};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::envelope::{page, stored_json};
use super::super::error::ApiError;
use super::super::extract::{InNamespace, Parameters};
use crate::{ListedKey, Page};

const OPERATION: &str = "list keys";

/// The requested keys.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    prefix: String,
    limit: Option<usize>,
    #[serde(default)]
    cursor: String,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
}

/// The number of keys on the page, and the cursor of the next page, which is empty on the last page.
#[derive(Serialize)]
struct CursorInfo {
    count: usize,
    cursor: String,
}

/// `GET …/keys`
///
/// It is not established whether Cloudflare refuses a limit out of range or clamps it, nor that it refuses
/// a bad cursor.
pub(super) async fn list(
    namespace: InNamespace,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Response, ApiError> {
    let limit = query.limit.unwrap_or(MAX_LIST_KEYS);
    if !(MIN_LIST_KEYS..=MAX_LIST_KEYS).contains(&limit) {
        let why = format_args!("limit must be from {MIN_LIST_KEYS} to {MAX_LIST_KEYS}");
        return Err(ApiError::bad_request(OPERATION, why));
    }
    let after = match query.cursor.as_str() {
        "" => None,
        cursor => Some(decode(cursor)?),
    };
    let listing = namespace.run(OPERATION, move |pairs| {
        let page = pairs.list(&query.prefix, after.as_deref(), limit);
        page.map_err(|error| ApiError::of_one(OPERATION, error))
    });
    let Page { keys, complete } = listing.await?;
    let cursor = match keys.last() {
        Some(last) if !complete => URL_SAFE_NO_PAD.encode(&last.name),
        _ => String::new(),
    };
    let info = CursorInfo { count: keys.len(), cursor };
    let keys: Vec<Shown> = keys.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(page(keys, info))
}

fn decode(cursor: &str) -> Result<String, ApiError> {
    let name = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|name| String::from_utf8(name).ok());
    name.ok_or_else(|| ApiError::bad_request(OPERATION, "the cursor is not from this server"))
}

fn shown(key: ListedKey) -> Result<Shown, ApiError> {
    let ListedKey { name, expiration, metadata } = key;
    Ok(Shown { name, expiration, metadata: metadata.map(stored_json).transpose()? })
}
