//! `…/values/{key}` and `…/metadata/{key}`.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::super::app::App;
use super::super::envelope::{Empty, stored_json, success};
use super::super::error::ApiError;
use super::super::extract::{Body, InNamespace, Key, Parameters, expiry};
use crate::Pair;

/// `GET …/values/{key}`: the value itself, without an envelope.
pub(super) async fn get(namespace: InNamespace, Key(key): Key) -> Result<Response, ApiError> {
    let stored = namespace
        .run("get", move |pairs| pairs.get(&key).map_err(|error| ApiError::of_one("get", error)));
    let stored = stored.await?.ok_or_else(ApiError::no_key)?;
    let mut response = stored.value.into_response();
    if let Some(expiration) = stored.expiration {
        response.headers_mut().insert("expiration", expiration.into());
    }
    Ok(response)
}

/// `GET …/metadata/{key}`
pub(super) async fn metadata(namespace: InNamespace, Key(key): Key) -> Result<Response, ApiError> {
    let info = namespace
        .run("get", move |pairs| pairs.info(&key).map_err(|error| ApiError::of_one("get", error)));
    let info = info.await?.ok_or_else(ApiError::no_key)?;
    Ok(success(info.metadata.map(stored_json).transpose()?))
}

/// `DELETE …/values/{key}`
pub(super) async fn delete(namespace: InNamespace, Key(key): Key) -> Result<Response, ApiError> {
    const OPERATION: &str = "remove key";
    let deleted = namespace.run(OPERATION, move |pairs| {
        pairs.delete_many([key]).map_err(|error| ApiError::of_one(OPERATION, error))
    });
    deleted.await?;
    Ok(success(Empty {}))
}

/// When a pair expires, as text, because a text that is not a number has its own error.
#[derive(Deserialize)]
pub(super) struct ExpiryQuery {
    expiration: Option<String>,
    expiration_ttl: Option<String>,
}

/// `PUT …/values/{key}`
pub(super) async fn put(
    State(app): State<App>,
    namespace: InNamespace,
    Key(key): Key,
    Parameters(query): Parameters<ExpiryQuery>,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let expiration = number("expiration", query.expiration)?;
    let ttl = number("expiration_ttl", query.expiration_ttl)?;
    let expiry = expiry(expiration, ttl).map_err(|rule| ApiError::bad_expiry(&rule))?;
    let (value, metadata) = parts(&headers, body).await?;
    if let Some(limits) = app.limits() {
        limits.write(&namespace.id, &key)?;
    }
    let put = namespace.run("put", move |pairs| {
        let metadata = metadata.map(Cow::Owned);
        let pair = Pair { metadata, expiry, ..Pair::new(key, &*value) };
        pairs.put_many([pair]).map_err(|error| ApiError::of_one("put", error))
    });
    put.await?;
    Ok(success(Empty {}))
}

fn number(field: &str, text: Option<String>) -> Result<Option<i64>, ApiError> {
    let parse =
        |text: String| text.parse().map_err(|_| ApiError::expiry_is_no_number(field, &text));
    text.map(parse).transpose()
}

/// Value and metadata: the parts with those names in a multipart form; any other body is the value.
async fn parts(headers: &HeaderMap, body: Bytes) -> Result<(Bytes, Option<String>), ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let is_form = |value: &&header::HeaderValue| {
        value.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data")
    };
    let Some(content_type) = content_type.filter(is_form) else { return Ok((body, None)) };

    let mut form = Request::new(body.into());
    form.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
    // The size of the body was checked when it was read.
    DefaultBodyLimit::disable().apply(&mut form);
    let mut form = Multipart::from_request(form, &())
        .await
        .map_err(|error| ApiError::bad_request("put", error.body_text()))?;

    let (mut value, mut metadata) = (None, None);
    let broken = |error: axum::extract::multipart::MultipartError| {
        ApiError::bad_request("put", error.body_text())
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("value") => value = Some(field.bytes().await.map_err(broken)?),
            Some("metadata") => {
                let text = field.bytes().await.map_err(broken)?.to_vec();
                metadata = Some(String::from_utf8(text).map_err(|_| ApiError::bad_metadata())?);
            }
            _ => {}
        }
    }
    let value = value.ok_or_else(|| {
        ApiError::bad_request("put", "the form does not have a part named `value`")
    })?;
    Ok((value, metadata))
}
