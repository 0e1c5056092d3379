//! `was` of an entry is about its types, and no key.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    values: [{ key: "motd", value: "x", was: ["message"] }]
}

fn main() {}
