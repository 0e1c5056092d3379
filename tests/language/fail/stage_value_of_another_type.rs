use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags",
    values: [{ key: "flag", value: "text", value: 1 in "prod" }]
}

fn main() {
    let _ = Flags::FLAG;
}
