use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "sessions",
    values: [{ key: "limit", type: u64 value: 1 }],
    keys: { "b:{id}": String { metadata: u64 expirationTtl: 60 } }
}

fn main() {
    let sessions = Sessions::new(kv_runtime::MemoryStore::new());
    let _ = (sessions.limit().get(), sessions.b("1").get());
}
