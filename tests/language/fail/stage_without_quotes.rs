use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags",
    values: [{ key: "flag", value: true, value: false in prod }]
}

fn main() {
    let _ = Flags::FLAG;
}
