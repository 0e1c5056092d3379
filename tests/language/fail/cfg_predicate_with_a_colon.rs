//! A predicate that rustc would report twice.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    values: [#[cfg(feature: "beta")] { key: "n", value: 1 }]
}

fn main() {}
