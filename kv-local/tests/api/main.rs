//! What the server promises to a client, over real HTTP.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod auth;
mod bulk;
#[path = "../client/mod.rs"]
mod client;
mod keys;
mod limits;
mod namespaces;
mod routes;
mod values;

use kv_local::{Server, ServerConfig, Storage};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A server on a store of its own.
struct Api {
    folder: TempDir,
    server: Server,
    client: Client,
}

impl Api {
    async fn new() -> Self {
        Self::with(ServerConfig::default()).await
    }

    async fn with(config: ServerConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let server = Server::start(storage, config).await.unwrap();
        Self { folder, server, client: client::client() }
    }

    /// A request below `/client/v4`, without credentials.
    fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server.base_url()))
    }

    /// A request below `/client/v4`.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(self.server.token().expose_secret())
    }

    /// A request below `…/namespaces`.
    fn kv(&self, method: Method, path: &str) -> RequestBuilder {
        let account = self.server.account_id();
        self.request(method, &format!("/accounts/{account}/storage/kv/namespaces{path}"))
    }

    /// The path of a new namespace, below `…/namespaces`.
    async fn namespace(&self) -> String {
        let created = self.kv(Method::POST, "").json(&json!({ "title": "test" }));
        format!("/{}", result(created).await["id"].as_str().unwrap())
    }
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

/// The whole body of a success.
async fn success(request: RequestBuilder) -> Value {
    let response = send(request).await;
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!((status.as_u16(), &body["success"]), (200, &json!(true)), "{body}");
    assert_eq!((&body["errors"], &body["messages"]), (&json!([]), &json!([])));
    body
}

/// The result of a success.
async fn result(request: RequestBuilder) -> Value {
    success(request).await["result"].take()
}

/// Status, code and message of a failure.
async fn failure(request: RequestBuilder) -> (u16, u64, String) {
    let response = send(request).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["success"], &body["result"]), (&json!(false), &Value::Null), "{body}");
    let error = &body["errors"][0];
    (status, error["code"].as_u64().unwrap(), error["message"].as_str().unwrap().to_owned())
}

/// Status and code of a failure.
async fn code(request: RequestBuilder) -> (u16, u64) {
    let (status, code, _) = failure(request).await;
    (status, code)
}
