//! Reads whole lists from numbered pages, even if the server leaves out totals or page sizes.

use std::collections::HashSet;

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::envelope::{self, Answer};
use super::error::{ApiError, Subject};
use super::request::Request;

/// A list with more pages is considered endless: an account has at most a thousand namespaces.
const MOST_PAGES: usize = 1_000;

/// Reads all pages of a list whose items are identified by `id`.
///
/// The list ends at the server's total, or at a page that is shorter than the server's page size. If the
/// server reports neither, it ends at a page without new items. So a server that caps the page size or
/// repeats pages is still read completely, and reading stops.
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
        let read = |answer: &Answer| {
            if number > MOST_PAGES {
                return Err(envelope::nonsense(answer, "its list does not end"));
            }
            // Some servers write an empty list as null.
            envelope::page::<Option<Vec<T>>>(answer)
        };
        let (page, info) = client.send(request, read).await?;
        let page = page.unwrap_or_default();
        let length = page.len();
        let before = items.len();
        items.extend(page.into_iter().filter(|item| seen.insert(id(item).clone())));
        let is_last = match (info.total_count, info.per_page) {
            (Some(total), _) => total <= items.len(),
            (None, Some(per_page)) => length < per_page,
            (None, None) => false,
        };
        if items.len() == before || is_last {
            break;
        }
    }
    Ok(items)
}
