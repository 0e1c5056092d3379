use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "greeting", value: "hello", expiration: "2040-01-01T00:00:00Z" },
    ]
}

fn main() {}
