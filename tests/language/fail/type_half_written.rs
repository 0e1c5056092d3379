use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "limits", value: [1], type: Vec<, once: true },
    ]
}

fn main() {}
