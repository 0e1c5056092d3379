use kv_runtime::kv_namespace;

#[derive(serde::Serialize)]
pub struct Theme {
    pub dark: bool,
}

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "theme", value: Theme { dark: true } },
    ]
}

fn main() {}
