use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags",
    values: [{ key: "flag", value: JSON.stringify({ a: 1 }) }]
}

fn main() {
    let _ = Flags::FLAG;
}
