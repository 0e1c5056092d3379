//! A constant is in seconds too.

const DAY: u64 = 24 * 60 * 60 * 1000;

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "session:{id}": String { expirationTtl: DAY } }
}

fn main() {}
