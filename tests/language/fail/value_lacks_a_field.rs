use kv_runtime::kv_namespace;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Theme {
    pub dark: bool,
}

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "x", value: Theme { } }]
}

fn uses(a: &A) {
    a.x();
}

fn main() {}
