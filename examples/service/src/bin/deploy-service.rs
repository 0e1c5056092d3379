//! `cargo run -p service --bin deploy-service -- --local`: deploys what the service uses.

kv_runtime::deploy_main!(service::Directory);
