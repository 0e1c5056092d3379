use kv_runtime::kv_namespace;

pub struct Plain;

kv_namespace! {
    pub struct Flags; title: "flags", keys: { "x:{id}": Plain }
}

fn main() {}
