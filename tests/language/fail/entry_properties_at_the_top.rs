//! An entry that is not in `values`.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    key: "motd", value: "x", expirationTtl: "1h"
}

async fn uses(sessions: &Sessions) {
    sessions.motd().get().await.unwrap();
}

fn main() {}
