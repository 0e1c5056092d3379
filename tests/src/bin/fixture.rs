//! A deploy binary whose code the environment selects.

use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::var("FIXTURE").unwrap_or_default();
    kv_runtime::__private::deploy_main(&tests::declared::select(&name))
}
