use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "greeting", value: "hello", expiration: 1893456000000 },
    ]
}

fn main() {}
