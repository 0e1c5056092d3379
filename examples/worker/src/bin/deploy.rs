//! `cargo run --bin deploy -- --local --yes`

use sessions_worker::{Assets, Sessions};

kv_runtime::deploy_main!(Sessions, Assets);
