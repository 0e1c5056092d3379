//! serde reads arrays of at most 32 items.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "avatar:{id}": [u8; 64] }
}

async fn uses(sessions: &Sessions) {
    sessions.avatar("1").get().await.unwrap();
}

fn main() {}
