use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "theme", value: { dark: true }, type: Theme },
    ]
}

fn main() {}
