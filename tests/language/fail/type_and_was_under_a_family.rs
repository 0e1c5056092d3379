use kv_runtime::kv_namespace;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Theme {
    pub dark: bool,
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Old {}

kv_namespace! {
    pub struct Flags; title: "flags", keys: { "x:{id}": Theme }, values: [{ key: "x:1", value: { dark: true }, type: Theme, was: [Old] }]
}

fn main() {}
