use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags; title: "flags", keys: { "x:{id}": String { metadata: u32 } }, values: [{ key: "x:1", value: "a", metadata: "no" }]
}

fn uses(flags: &Flags) {
    flags.x("1");
}

fn main() {}
