use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Sessions;
    title: "sessions",
    values: [{ key: "at", value: 1 }, { key: "connect", value: 1 }, { key: "clone", value: 1 }],
    keys: { "in_memory:{id}": u64 }
}

fn main() {}
