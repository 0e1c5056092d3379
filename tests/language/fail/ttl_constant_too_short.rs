use kv_runtime::kv_namespace;

const TTL: u64 = 5;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    keys: { "session:{id}": String { expirationTtl: TTL } },
    values: [{ key: "motd", value: "Hello", expirationTtl: 2 * TTL }]
}

fn main() {
    let _ = Sessions::MOTD;
}
