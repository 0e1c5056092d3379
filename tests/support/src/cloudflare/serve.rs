//! The server, which uses hyper so that it can close a connection without a response.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{self, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::Shared;
use super::consistency::UNSEEN;
use super::faults::{Answer, Fault, Odd};
use super::lists;
use super::request::{Kind, Request};

/// Closes the connection without a response.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut")
    }
}

impl std::error::Error for Cut {}

/// A request, read whole.
type Whole = http::Request<Bytes>;

pub(super) async fn serve(listener: TcpListener, router: Router, shared: Arc<Shared>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (router, shared) = (router.clone(), Arc::clone(&shared));
        let service = service_fn(move |request| answer(request, router.clone(), shared.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    request: http::Request<Incoming>,
    router: Router,
    shared: Arc<Shared>,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let kind = Kind::of(&parts.method, parts.uri.path());
    let target = parts.uri.to_string();
    shared.log.lock().unwrap().push(Request { kind, target, body: body.clone() });
    let fault = shared.rules.lock().unwrap().next(kind);
    let request = Whole::from_parts(parts, body);
    let Some(Fault { applied, answer }) = fault else {
        return Ok(apply(kind, request, router, &shared).await);
    };
    match answer {
        Answer::Partial => return Ok(partial(kind, request, router, &shared).await),
        Answer::Hold(hold) if applied => {
            let response = apply(kind, request, router, &shared).await;
            hold.hold().await;
            return Ok(response);
        }
        Answer::Hold(hold) => {
            hold.hold().await;
            return Ok(apply(kind, request, router, &shared).await);
        }
        Answer::Odd(odd) => {
            let keys = log_keys(kind, request.body());
            if applied {
                drop(apply(kind, request, router, &shared).await);
            }
            return Ok(odd_answer(odd, &keys));
        }
        Answer::Circle => return Ok(lists::circle(request.uri().query().unwrap_or_default())),
        Answer::Twice => {
            let response = apply(kind, request, router, &shared).await;
            return Ok(lists::twice(response).await);
        }
        Answer::Short => {
            let asked = lists::ask_for_little(request);
            let response = apply(kind, asked, router, &shared).await;
            return Ok(lists::without_info(response).await);
        }
        Answer::Again => {
            let asked = lists::ask_for_the_beginning(request);
            let response = apply(kind, asked, router, &shared).await;
            return Ok(lists::with_a_new_cursor(response).await);
        }
        _ if applied => drop(apply(kind, request, router, &shared).await),
        _ => {}
    }
    fault_answer(answer).await
}

fn log_keys(kind: Kind, body: &Bytes) -> Vec<String> {
    Request { kind, target: String::new(), body: body.clone() }.keys()
}

pub(super) fn json_answer(body: &Value) -> Response<Body> {
    let response = Response::builder().header(http::header::CONTENT_TYPE, "application/json");
    response.body(Body::from(body.to_string())).unwrap()
}

fn odd_answer(odd: Odd, keys: &[String]) -> Response<Body> {
    match odd.result(keys) {
        Some(result) => json_answer(&json!({"success": true, "errors": [], "result": result})),
        None => Response::builder().status(204).body(Body::empty()).unwrap(),
    }
}

async fn fault_answer(answer: Answer) -> Result<Response<Body>, Cut> {
    const HTML: &str = "text/html; charset=utf-8";
    const JSON: &str = "application/json";
    let response = |status: u16, kind: &str| {
        Response::builder().status(status).header(http::header::CONTENT_TYPE, kind)
    };
    let refusal = |code: u32, message: &str| {
        json!({"success": false, "errors": [{"code": code, "message": message}], "messages": [], "result": null}).to_string()
    };
    let response = match answer {
        Answer::TooMany(retry_after) => {
            let mut response = response(429, JSON);
            if let Some(seconds) = retry_after {
                response = response.header(http::header::RETRY_AFTER, seconds);
            }
            response.body(refusal(971, "Please wait and consider throttling your request speed"))
        }
        Answer::Internal => response(500, JSON).body(refusal(10001, "internal error")),
        Answer::BadGateway => response(502, HTML).body("<html>Bad gateway</html>".to_owned()),
        Answer::Page => response(200, HTML).body("<html>Welcome to this hotel</html>".to_owned()),
        Answer::Truncated => response(200, JSON).body(r#"{"success":true,"resul"#.to_owned()),
        Answer::Json(status, body) => response(status, JSON).body(body.to_owned()),
        Answer::Redirect(location) => {
            let response = response(302, HTML).header(http::header::LOCATION, location);
            response.body(String::new())
        }
        Answer::Stalled => std::future::pending().await,
        Answer::Cut
        | Answer::Partial
        | Answer::Hold(_)
        | Answer::Odd(_)
        | Answer::Circle
        | Answer::Twice
        | Answer::Short
        | Answer::Again => return Err(Cut),
    };
    Ok(response.unwrap().map(Body::from))
}

/// Applies a request, unless its namespace is not visible to it.
async fn apply(kind: Kind, request: Whole, router: Router, shared: &Shared) -> Response<Body> {
    let hidden = shared.consistency.lock().unwrap().hides(request.uri().path());
    if hidden {
        let response = Response::builder().status(404);
        let response = response.header(http::header::CONTENT_TYPE, "application/json");
        return response.body(Body::from(UNSEEN)).unwrap();
    }
    let response = router.oneshot(request.map(Body::from)).await.unwrap();
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = shared.consistency.lock().unwrap().answered(kind, body);
    parts.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

/// Applies a bulk request without its first item, and reports that as unsuccessful.
async fn partial(kind: Kind, request: Whole, router: Router, shared: &Shared) -> Response<Body> {
    let mut items: Vec<Value> = serde_json::from_slice(request.body()).unwrap();
    let first = items.remove(0);
    let first = first.as_str().or_else(|| first["key"].as_str()).unwrap();
    let result = json!({"successful_key_count": items.len(), "unsuccessful_keys": [first]});
    if !items.is_empty() {
        let rest = json!(items).to_string();
        let mut rest = request.map(|_| Bytes::from(rest));
        rest.headers_mut().remove(http::header::CONTENT_LENGTH);
        let response = apply(kind, rest, router, shared).await;
        if !response.status().is_success() {
            return response;
        }
    }
    let answer = json!({"success": true, "errors": [], "messages": [], "result": result});
    let response = Response::builder().header(http::header::CONTENT_TYPE, "application/json");
    response.body(Body::from(answer.to_string())).unwrap()
}
