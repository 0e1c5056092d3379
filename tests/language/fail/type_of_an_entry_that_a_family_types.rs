use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [{ key: "session:a", value: "hello", type: String }],
    keys: { "session:{id}": String }
}

fn main() {}
