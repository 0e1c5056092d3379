//! `cargo run --bin deploy -- --local --yes`

use reference::{Assets, Existing, Preserved, Sessions, Users};

kv_runtime::deploy_main!(Users, Sessions, Assets, Existing, Preserved);
