use kv_runtime::kv_namespace;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Theme {
    pub dark: bool,
}

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "theme", value: Theme { drak: true } },
    ]
}

fn main() {}
