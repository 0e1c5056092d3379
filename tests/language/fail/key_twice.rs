use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "greeting", value: "hello" },
        { key: "farewell", value: "bye" },
        { key: "greeting", value: "hi" },
    ]
}

fn main() {}
