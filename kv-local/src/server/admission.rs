//! Decides which requests are accepted.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use super::app::App;
use super::error::ApiError;
use super::identity::identify;

/// Refuses requests that a web page makes with DNS rebinding. The page's host name then resolves to this
/// machine, but the `Host` header still has that name.
pub(super) async fn check_host(request: Request, next: Next) -> Result<Response, ApiError> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // HTTP/1.0 clients may send no host, but no browser uses HTTP/1.0.
    if host.is_none_or(is_this_machine) {
        return Ok(next.run(request).await);
    }
    Err(ApiError::other_host())
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Admits a request with credentials that the server knows.
pub(super) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let identity = identify(request.headers(), app.config())?;
    if let Some(limits) = app.limits() {
        limits.request()?;
    }
    request.extensions_mut().insert(identity);
    Ok(next.run(request).await)
}
