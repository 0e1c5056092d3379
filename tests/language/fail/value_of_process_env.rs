use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags",
    values: [{ key: "flag", value: process.env.API_KEY }]
}

fn main() {
    let _ = Flags::FLAG;
}
