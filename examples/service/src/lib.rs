//! An HTTP service whose data is in Workers KV: profiles by tenant, listed page by page.
//!
//! The declaration serves the service (`main.rs`), its deploy (`bin/deploy-service.rs`) and the tests
//! below, which need neither an account nor a network.

#![deny(missing_docs)]

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use kv_runtime::{Error, RawError, kv_namespace};
use serde::{Deserialize, Serialize};

/// What is known of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The name.
    pub name: String,
}

kv_namespace! {
    /// Everything that the service keeps.
    pub struct Directory;
    title: "{app}-{stage}-directory",
    keys: { "profile:{tenant}/{user_id: u64}": Profile { as: profile } },
    values: [{ key: "limits", value: { pageSize: 50 } }]
}

/// The service over any store.
pub fn app(directory: Directory) -> Router {
    Router::new()
        .route("/{tenant}", get(list))
        .route("/{tenant}/{user_id}", get(read).put(write))
        .with_state(directory)
}

/// Where a page begins.
#[derive(Debug, Deserialize)]
struct From {
    cursor: Option<String>,
}

/// A page, and where the next one begins.
#[derive(Debug, Serialize, Deserialize)]
struct Users {
    ids: Vec<u64>,
    next: Option<String>,
}

async fn list(
    State(directory): State<Directory>,
    Path(tenant): Path<String>,
    Query(From { cursor }): Query<From>,
) -> Result<Json<Users>, (StatusCode, String)> {
    let limits = directory.limits().get().await.map_err(failed)?;
    let size = limits.and_then(|limits| usize::try_from(limits.page_size).ok()).unwrap_or(50);
    let list = directory.profile_list().within(tenant);
    let page = list.page(size, cursor).await.map_err(failed)?;
    let ids = page.items.into_iter().map(|((_, user_id), _)| user_id).collect();
    Ok(Json(Users { ids, next: page.cursor }))
}

async fn read(
    State(directory): State<Directory>,
    Path((tenant, user_id)): Path<(String, u64)>,
) -> Result<Json<Profile>, (StatusCode, String)> {
    match directory.profile(&tenant, user_id).get().await.map_err(failed)? {
        Some(profile) => Ok(Json(profile)),
        None => Err((StatusCode::NOT_FOUND, "no such user".to_owned())),
    }
}

async fn write(
    State(directory): State<Directory>,
    Path((tenant, user_id)): Path<(String, u64)>,
    Json(profile): Json<Profile>,
) -> Result<StatusCode, (StatusCode, String)> {
    directory.profile(&tenant, user_id).put(&profile).await.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the client did wrong is told to it; what the store says is not.
fn failed(error: Error) -> (StatusCode, String) {
    match error {
        Error::InvalidParam(ref source) => {
            let why = std::error::Error::source(source).map(ToString::to_string);
            (StatusCode::BAD_REQUEST, format!("{error}: {}", why.unwrap_or_default()))
        }
        Error::InvalidCursor => (StatusCode::BAD_REQUEST, error.to_string()),
        Error::Store(RawError::RateLimited(_)) => {
            (StatusCode::TOO_MANY_REQUESTS, "try again".to_owned())
        }
        error => {
            eprintln!("{error}: {:?}", error.help());
            (StatusCode::BAD_GATEWAY, "the store failed".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn request(app: &Router, method: &str, uri: &str, body: &str) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(uri);
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn users_are_listed_page_by_page() {
        let app = app(Directory::in_memory());
        for id in 0..120 {
            let (status, _) =
                request(&app, "PUT", &format!("/acme/{id}"), r#"{"name":"Ada"}"#).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
        let (mut uri, mut ids) = ("/acme".to_owned(), Vec::new());
        loop {
            let (_, body) = request(&app, "GET", &uri, "").await;
            let page: Users = serde_json::from_str(&body).unwrap();
            ids.extend(page.ids);
            let Some(next) = page.next else { break };
            uri = format!("/acme?cursor={next}");
        }
        assert_eq!(ids.len(), 120);
    }

    #[tokio::test]
    async fn what_a_client_does_wrong_is_told_to_it() {
        let app = app(Directory::in_memory());
        assert_eq!(request(&app, "GET", "/acme/1", "").await.0, StatusCode::NOT_FOUND);
        let (status, body) = request(&app, "GET", "/acme?cursor=nonsense", "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body.contains("cursor"), "{body}");
    }
}
