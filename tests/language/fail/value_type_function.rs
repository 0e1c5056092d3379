//! A function is not data.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "rate:{id}": fn(u64) -> u64 }
}

async fn uses(sessions: &Sessions) {
    sessions.rate("1").get().await.unwrap();
}

fn main() {}
