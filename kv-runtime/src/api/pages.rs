//! Numbered pages: a whole list, whatever the server leaves out.

use std::collections::HashSet;

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::envelope;
use super::error::{ApiError, Subject};
use super::request::Request;

/// Reads all pages of a list whose items are told apart by `id`.
///
/// The end is an empty page, a page without anything new, or a short page that the server's total
/// (where it gives one) confirms: a server that caps the page size or repeats itself is read whole,
/// and ends.
pub(super) async fn all<T: DeserializeOwned>(
    client: &Client,
    subject: Subject,
    segments: &[&str],
    per_page: usize,
    id: fn(&T) -> &String,
) -> Result<Vec<T>, ApiError> {
    let mut items = Vec::new();
    let mut seen = HashSet::new();
    for number in 1_usize.. {
        let request = Request::new(Method::GET, subject, segments)?
            .query("page", &number.to_string())
            .query("per_page", &per_page.to_string());
        // Some servers write an empty list as null.
        let (page, info) = client.send(request, envelope::page::<Option<Vec<T>>>).await?;
        let page = page.unwrap_or_default();
        let length = page.len();
        let before = items.len();
        items.extend(page.into_iter().filter(|item| seen.insert(id(item).clone())));
        let short = length < info.per_page.unwrap_or(per_page).min(per_page);
        let complete = info.total_count.is_none_or(|total| total <= items.len());
        if items.len() == before || (short && complete) {
            break;
        }
    }
    Ok(items)
}
