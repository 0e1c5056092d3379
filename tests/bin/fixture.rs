//! A deploy binary that environment variables configure: its declarations, the names of its package and
//! binary, and how long it retries requests, in milliseconds.

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use kv_runtime::__private::{Package, deploy_main};
use kv_runtime::api::RetryPolicy;

fn main() -> ExitCode {
    let variable =
        |name: &str| -> Option<&'static str> { env::var(name).ok().map(|text| &*text.leak()) };
    let millis = |name| Some(Duration::from_millis(variable(name)?.parse().ok()?));
    let quick = |total| RetryPolicy {
        base_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(4),
        total,
        request_timeout: millis("FIXTURE_TIMEOUT").unwrap_or(Duration::from_mins(1)),
    };
    let package = Package {
        name: variable("FIXTURE_PACKAGE").unwrap_or("tests"),
        root: env!("CARGO_MANIFEST_DIR"),
        binary: Some(variable("FIXTURE_BINARY").unwrap_or("fixture")),
        repository: variable("FIXTURE_REPOSITORY").unwrap_or_default(),
        app: variable("FIXTURE_APP"),
        retry: millis("FIXTURE_PATIENCE").map(quick),
    };
    deploy_main(
        &package,
        &kv_test_support::declared::select(variable("FIXTURE").unwrap_or_default()),
    )
}
