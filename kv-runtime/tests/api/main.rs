//! What the API client promises, over real HTTP against a server that misbehaves as told.

#![allow(clippy::unwrap_used, reason = "a helper of tests may fail a test")]

mod faults;
mod lists;
mod pairs;
mod secrets;
mod server;

use std::time::Duration;

use kv_runtime::api::{Client, Credentials, Namespaces, RetryPolicy};

use crate::server::Server;

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const NAMESPACE: &str = "fedcba9876543210fedcba9876543210";

/// Short waits, but all the time that a loaded machine needs for an answer.
const PATIENT: RetryPolicy = RetryPolicy {
    base_delay: Duration::from_millis(1),
    max_delay: Duration::from_millis(4),
    total: Duration::from_mins(1),
    request_timeout: Duration::from_mins(1),
};

fn client(server: &Server, policy: RetryPolicy) -> Client {
    let token = Credentials::Token("hush-hush".into());
    Client::new(&server.base_url(), token, policy).unwrap()
}

fn namespaces(server: &Server) -> Namespaces {
    client(server, PATIENT).namespaces(ACCOUNT)
}

/// The path of the namespaces, as the server sees it.
fn path(rest: &str) -> String {
    format!("/client/v4/accounts/{ACCOUNT}/storage/kv/namespaces{rest}")
}
