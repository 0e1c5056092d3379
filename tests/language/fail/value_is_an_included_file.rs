use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "logo", value: include_bytes!("logo.svg") },
    ]
}

fn main() {}
