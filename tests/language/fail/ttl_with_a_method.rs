//! A number that continues is not checked as it is.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    values: [{ key: "n", value: 1, expirationTtl: 1.hour }]
}

fn main() {}
