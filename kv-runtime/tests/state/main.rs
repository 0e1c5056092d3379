//! State stores: what each of them promises, and what the file and the S3 store promise in addition.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

mod file;
mod s3;
mod suite;

use kv_runtime::state::StageKey;

fn stage() -> StageKey {
    StageKey::new("shop", "dev").unwrap()
}
