use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags" in "prod",
    values: [{ key: "flag", value: true }]
}

fn main() {
    let _ = Flags::FLAG;
}
