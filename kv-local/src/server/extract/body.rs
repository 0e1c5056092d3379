//! Request bodies of at most 100 MB, read into one buffer.

use axum::body::{Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use kv_rules::MAX_BULK_BYTES;

use super::super::error::ApiError;

/// A whole body. One that is too large gets the response 413.
pub(in super::super) struct Body(pub(in super::super) Bytes);

impl<S: Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = request.into_body();
        let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        let mut buffer = BytesMut::new();
        if expected <= MAX_BULK_BYTES {
            buffer.reserve(expected);
        }
        let mut length = 0;
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| ApiError::bad_request("read the body", error))?;
            length += chunk.len();
            if length <= MAX_BULK_BYTES {
                buffer.extend_from_slice(&chunk);
            } else if length > 2 * MAX_BULK_BYTES {
                break;
            }
            // Read a body that is a little too large to its end: a client that is still sending when the
            // connection closes would see that instead of the response.
        }
        if length > MAX_BULK_BYTES {
            return Err(ApiError::body_too_large());
        }
        Ok(Self(buffer.freeze()))
    }
}
