//! A deploy binary whose code the environment selects: its declarations, and which package and
//! binary it is.

use std::process::ExitCode;

use kv_runtime::__private::{Package, deploy_main};

fn main() -> ExitCode {
    let variable = |name: &str| -> Option<&'static str> {
        std::env::var(name).ok().map(|text| &*text.leak())
    };
    let package = Package {
        name: variable("FIXTURE_PACKAGE").unwrap_or("tests"),
        root: env!("CARGO_MANIFEST_DIR"),
        binary: Some(variable("FIXTURE_BINARY").unwrap_or("fixture")),
        repository: variable("FIXTURE_REPOSITORY").unwrap_or_default(),
        app: variable("FIXTURE_APP"),
    };
    deploy_main(&package, &tests::declared::select(variable("FIXTURE").unwrap_or_default()))
}
