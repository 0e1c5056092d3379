//! An entry in the map of families.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { key: "motd", value: "x" }
}

fn main() {}
