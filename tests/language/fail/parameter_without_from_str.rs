use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Flags; title: "flags", keys: { "x:{id: Vec<u8>}": String }
}

fn uses(flags: &Flags) {
    flags.x(vec![1]);
    let _ = flags.x_list();
}

fn main() {}
