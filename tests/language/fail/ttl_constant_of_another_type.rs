use kv_runtime::kv_namespace;

const TTL: &str = "1h";

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: { "session:{id}": String { expirationTtl: TTL } }
}

fn main() {}
