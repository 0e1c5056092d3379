use kv_runtime::kv_namespace;

#[derive(Debug)]
pub struct Theme {
    pub dark: bool,
}

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [
        { key: "theme", value: { dark: true }, type: Theme },
    ]
}

fn main() {}
