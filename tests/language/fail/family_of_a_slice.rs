use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags; title: "flags", keys: { "x:{id}": [u8] }
}

fn uses(flags: &Flags) {
    flags.x("1");
}

fn main() {}
