use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: `my-${app.name}-kv-${app.stage}`,
    values: [{ key: "flag", value: true }]
}

fn main() {
    let _ = Flags::FLAG;
}
