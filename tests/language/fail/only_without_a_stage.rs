use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags",
    values: [{ key: "flag", value: 1, only: [] }, { key: "other", value: 1, only: "dev" }]
}

fn main() {
    let _ = Flags::FLAG;
}
