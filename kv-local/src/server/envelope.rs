//! The shape of every JSON answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::ApiError;

/// How long a page is when nothing is asked for.
const DEFAULT_PER_PAGE: usize = 20;

/// How long a page can be. For `/accounts` it is not established.
const MAX_PER_PAGE: usize = 1_000;

/// A success.
#[derive(Serialize)]
struct Envelope<T, I> {
    success: bool,
    errors: [(); 0],
    messages: [(); 0],
    result: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_info: Option<I>,
}

/// The result of a write. Cloudflare's documents allow `null` as well.
#[derive(Serialize)]
pub(super) struct Empty {}

/// Answers with a result.
pub(super) fn success(result: impl Serialize) -> Response {
    let result_info = None::<()>;
    Json(Envelope { success: true, errors: [], messages: [], result, result_info }).into_response()
}

/// Answers with a page of a listing.
pub(super) fn page(result: impl Serialize, info: impl Serialize) -> Response {
    let result_info = Some(info);
    Json(Envelope { success: true, errors: [], messages: [], result, result_info }).into_response()
}

/// Which page is asked for.
#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<usize>,
    per_page: Option<usize>,
}

/// Which page of how many this is.
#[derive(Serialize)]
pub(super) struct PageInfo {
    page: usize,
    per_page: usize,
    count: usize,
    total_count: usize,
    total_pages: usize,
}

/// Cuts the page that is asked for out of a whole listing. Past the end it is empty.
pub(super) fn paginate<T>(
    operation: &str,
    items: Vec<T>,
    query: &PageQuery,
) -> Result<(Vec<T>, PageInfo), ApiError> {
    let (page, per_page) = (query.page.unwrap_or(1), query.per_page.unwrap_or(DEFAULT_PER_PAGE));
    if page < 1 || !(1..=MAX_PER_PAGE).contains(&per_page) {
        let why = format_args!("page is at least 1, and per_page 1 to {MAX_PER_PAGE}");
        return Err(ApiError::bad_request(operation, why));
    }
    let total_count = items.len();
    let skipped = (page - 1).saturating_mul(per_page);
    let items: Vec<T> = items.into_iter().skip(skipped).take(per_page).collect();
    let total_pages = total_count.div_ceil(per_page);
    let info = PageInfo { page, per_page, count: items.len(), total_count, total_pages };
    Ok((items, info))
}

/// Stored JSON text, to be sent as it is.
pub(super) fn stored_json(json: String) -> Result<Box<RawValue>, ApiError> {
    RawValue::from_string(json).map_err(|error| ApiError::internal(&error))
}
