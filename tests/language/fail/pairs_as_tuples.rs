//! Entries as pairs of other languages.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    values: [("motd", "x"), ("limit", 1)]
}

fn main() {}
