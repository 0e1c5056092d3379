use kv_runtime::kv_namespace;

kv_namespace! {
    Flags { title: "flags", values: [{ key: "x", value: 1 }] }
}

fn uses(flags: &Flags) {
    flags.x();
}

fn main() {}
