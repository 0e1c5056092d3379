//! Lists with faults.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::serve::json_answer;

/// An empty page, whose cursor leads to another such page and back.
pub(super) fn circle(query: &str) -> Response<Body> {
    let cursor = if query.contains("cursor=one") { "two" } else { "one" };
    let info = json!({"count": 0, "cursor": cursor});
    json_answer(&json!({"success": true, "errors": [], "result": [], "result_info": info}))
}

/// The list of namespaces with each title twice, under two ids.
pub(super) async fn twice(response: Response<Body>) -> Response<Body> {
    let mut answer = read(response).await;
    let namespaces = answer["result"].as_array_mut().unwrap();
    for n in 0..namespaces.len() {
        let other = json!({"id": format!("{n:032}"), "title": namespaces[n]["title"]});
        namespaces.push(other);
    }
    answer["result_info"]["total_count"] = json!(namespaces.len());
    json_answer(&answer)
}

/// Limits the requested page to twenty namespaces.
pub(super) fn ask_for_little(request: Request<Bytes>) -> Request<Bytes> {
    with_query(request, |name, value| match name {
        "per_page" => Some("20".to_owned()),
        _ => Some(value.to_owned()),
    })
}

/// The list without information about its pages.
pub(super) async fn without_info(response: Response<Body>) -> Response<Body> {
    let mut answer = read(response).await;
    answer.as_object_mut().unwrap().remove("result_info");
    json_answer(&answer)
}

/// Requests the first page instead of the requested one.
pub(super) fn ask_for_the_beginning(request: Request<Bytes>) -> Request<Bytes> {
    with_query(request, |name, value| (name != "cursor").then(|| value.to_owned()))
}

/// The page with a next page, under a cursor that is new each time.
pub(super) async fn with_a_new_cursor(response: Response<Body>) -> Response<Body> {
    static CURSORS: AtomicUsize = AtomicUsize::new(0);
    let mut answer = read(response).await;
    let cursor = CURSORS.fetch_add(1, Ordering::Relaxed);
    answer["result_info"]["cursor"] = json!(format!("cursor-{cursor}"));
    json_answer(&answer)
}

async fn read(response: Response<Body>) -> Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

fn with_query(
    request: Request<Bytes>,
    change: impl Fn(&str, &str) -> Option<String>,
) -> Request<Bytes> {
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default().split('&');
    let pairs = query.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some(format!("{name}={}", change(name, value)?))
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    parts.uri = format!("{}?{query}", parts.uri.path()).parse().unwrap();
    Request::from_parts(parts, body)
}
