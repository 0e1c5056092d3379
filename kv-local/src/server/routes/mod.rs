//! The paths of the API, with one module for each resource.

mod bulk;
mod bulk_get;
mod keys;
mod namespaces;
mod user;
mod values;

use axum::Router;
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};

use super::admission;
use super::app::App;
use super::config::ServerConfig;
use super::error::ApiError;
use crate::Storage;

/// The routes of [`Server`](crate::Server), to add middleware or to serve them in another way.
///
/// ```
/// use kv_local::{ServerConfig, Storage};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let app = kv_local::router(Storage::open(folder.path())?, ServerConfig::default());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// tokio::spawn(async move { axum::serve(listener, app).await });
/// # Ok(())
/// # }
/// ```
pub fn router(storage: Storage, config: ServerConfig) -> Router {
    let app = App::new(storage, config);
    let account = "/client/v4/accounts/{account}";
    let namespaces = format!("{account}/storage/kv/namespaces");
    let namespace = format!("{namespaces}/{{namespace}}");
    let in_namespace = |path: &str| format!("{namespace}{path}");
    let value = get(values::get).put(values::put).delete(values::delete);
    Router::new()
        .route("/client/v4/accounts", get(user::accounts))
        .route("/client/v4/user", get(user::user))
        .route("/client/v4/user/tokens/verify", get(user::verify_user_token))
        .route(&format!("{account}/tokens/verify"), get(user::verify_account_token))
        .route(&namespaces, get(namespaces::list).post(namespaces::create))
        .route(&namespace, get(namespaces::get).put(namespaces::rename).delete(namespaces::delete))
        .route(&in_namespace("/bulk"), put(bulk::put).delete(bulk::delete))
        .route(&in_namespace("/bulk/delete"), post(bulk::delete))
        .route(&in_namespace("/bulk/get"), post(bulk_get::get))
        .route(&in_namespace("/keys"), get(keys::list))
        .route(&in_namespace("/values/{key}"), value)
        .route(&in_namespace("/metadata/{key}"), get(values::metadata))
        .method_not_allowed_fallback(async || ApiError::no_method())
        .route_layer(from_fn_with_state(app.clone(), admission::authenticate))
        .fallback(no_route)
        .layer(from_fn(admission::check_host))
        .with_state(app)
}

async fn no_route(uri: Uri) -> ApiError {
    // Without an account id, the path has the right form but an empty segment.
    if uri.path().starts_with("/client/v4/accounts//") {
        return ApiError::no_account(uri.path());
    }
    ApiError::no_route()
}
