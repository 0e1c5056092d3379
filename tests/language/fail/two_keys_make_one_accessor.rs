use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "main.js", value: "..." },
        { key: "main-js", value: "..." },
    ]
}

fn main() {}
