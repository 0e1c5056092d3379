use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags;
    title: "flags",
    delete: false in "Prod",
    values: [{ key: "flag", value: true, value: false in "pr *", only: ["dev/eu"] }]
}

fn main() {
    let _ = Flags::FLAG;
}
