//! The structure of every JSON response.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::ApiError;

/// The default length of a page.
const DEFAULT_PER_PAGE: usize = 20;

/// The maximum length of a page. Not established for `/accounts`.
const MAX_PER_PAGE: usize = 1_000;

/// A successful response.
#[derive(Serialize)]
struct Envelope<T, I> {
    success: bool,
    errors: [(); 0],
    messages: [(); 0],
    result: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_info: Option<I>,
}

/// The result of a write. According to Cloudflare's documentation, it can be `null` as well.
#[derive(Serialize)]
pub(super) struct Empty {}

/// Builds a response with a result.
pub(super) fn success(result: impl Serialize) -> Response {
    let result_info = None::<()>;
    Json(Envelope { success: true, errors: [], messages: [], result, result_info }).into_response()
}

/// Builds a response with a page of a listing.
pub(super) fn page(result: impl Serialize, info: impl Serialize) -> Response {
    let result_info = Some(info);
    Json(Envelope { success: true, errors: [], messages: [], result, result_info }).into_response()
}

/// The requested page.
#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<usize>,
    per_page: Option<usize>,
}

/// The position of a page in the whole listing.
#[derive(Serialize)]
pub(super) struct PageInfo {
    page: usize,
    per_page: usize,
    count: usize,
    total_count: usize,
    total_pages: usize,
}

/// Returns the requested page of a whole listing. Past the end, the page is empty.
pub(super) fn paginate<T>(
    operation: &str,
    items: Vec<T>,
    query: &PageQuery,
) -> Result<(Vec<T>, PageInfo), ApiError> {
    let (page, per_page) = (query.page.unwrap_or(1), query.per_page.unwrap_or(DEFAULT_PER_PAGE));
    if page < 1 || !(1..=MAX_PER_PAGE).contains(&per_page) {
        let why = format_args!("page must be at least 1, and per_page from 1 to {MAX_PER_PAGE}");
        return Err(ApiError::bad_request(operation, why));
    }
    let total_count = items.len();
    let skipped = (page - 1).saturating_mul(per_page);
    let items: Vec<T> = items.into_iter().skip(skipped).take(per_page).collect();
    let total_pages = total_count.div_ceil(per_page);
    let info = PageInfo { page, per_page, count: items.len(), total_count, total_pages };
    Ok((items, info))
}

/// Wraps stored JSON text, so that it is sent unchanged.
pub(super) fn stored_json(json: String) -> Result<Box<RawValue>, ApiError> {
    RawValue::from_string(json).map_err(|error| ApiError::internal(&error))
}
