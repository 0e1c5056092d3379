use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "greeting", value: "hello", expirationTtl: "2037-01-31T12:00:00Z" },
    ]
}

fn main() {}
