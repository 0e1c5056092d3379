use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "sessions",
    keys: {
        "a:{id}": String
        "b:{id}": u64
    }
}

fn main() {
    let sessions = Sessions::new(kv_runtime::MemoryStore::new());
    let _ = (sessions.a("1").get(), sessions.b("1").get());
}
