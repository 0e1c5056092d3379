use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "config", value: file("") },
    ]
}

fn main() {}
