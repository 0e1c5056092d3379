use kv_runtime::kv_namespace;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Theme {
    pub dark: bool,
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Other {
    pub x: u8,
}

kv_namespace! {
    pub struct A; title: "a", keys: { "u:{id}": Theme { was: [Other] } }
}

fn uses(a: &A) {
    a.u("1");
}

fn main() {}
